import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const MAIN = join(import.meta.dirname, '../dist/src/main.js');

describe('a service with an embedded database', () => {
  let dataDir: string;
  let service: ChildProcess | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'synctrail-stop-'));
    // Under root PostgreSQL runs as another user, who must get in.
    await chmod(dataDir, 0o755);
  });
  afterEach(async () => {
    service?.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  it('leaves no database server when it is stopped while it starts', async () => {
    service = start({ PORT: '0' });
    while (!databaseRuns() && service.exitCode === null) await wait(10);
    service.kill('SIGTERM');
    expect(await once(service, 'exit')).toEqual([null, 'SIGTERM']);
    expect(databaseRuns()).toBe(false);
  }, 60_000);

  it('leaves no database server when its port is taken', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const address = other.address();
    const port = String(typeof address === 'object' && address?.port);
    service = start({ PORT: port });
    const said: string[] = [];
    service.stderr!.on('data', (chunk) => said.push(String(chunk)));
    expect(await once(service, 'close')).toEqual([1, null]);
    other.close();
    expect(said.join('')).toContain(`127.0.0.1:${port}`);
    expect(databaseRuns()).toBe(false);
  }, 60_000);

  function start(env: NodeJS.ProcessEnv): ChildProcess {
    const { DATABASE_URL: _, ...inherited } = process.env;
    return spawn(process.execPath, [MAIN], {
      env: { ...inherited, DATA_DIR: dataDir, LOG_LEVEL: 'error', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  function databaseRuns(): boolean {
    return existsSync(join(dataDir, 'postgres/data/postmaster.pid'));
  }
});
