import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { accessTokenOf, api, fault, journal, requestToken, useSandbox, useToken } from './sandbox-client.ts';

describe('the command line', () => {
  const MAIN = join(import.meta.dirname, '../../../dist/src/optimizely/sandbox/serve.js');

  it('prints its address, serves the tenants named, and ends on SIGTERM even while an answer is late', async () => {
    const child = spawn(process.execPath, [MAIN, '--port', '0', '--tenant', 'other:secret']);
    const exited = once(child, 'exit');
    const [line] = await once(createInterface(child.stdout), 'line');
    useSandbox(/http:\/\/127\.0\.0\.1:\d+/.exec(String(line))![0]);
    useToken(accessTokenOf(await requestToken({ client_id: 'other', client_secret: 'secret' })));
    await fault({ kind: 'slow', delayMs: 60_000 });
    const hanging = api('GET', '/manifest').then(() => 'answered', String);
    while (!(await journal()).at(-1)!['fault']) await delay(5);

    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await hanging).toBe('TypeError: fetch failed');
  });

  it.each([
    [['--port', '99999'], '--port 99999 is no port'],
    [['--tenant', 'demo'], '--tenant demo is no tenant'],
    [['--prot', '1'], "Unknown option '--prot'"],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});
