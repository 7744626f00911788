import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createTestDatabase } from './support/test-database.ts';

describe('the logs of a service', () => {
  it('are JSON lines: one for each request, none for health checks, none with what authorises', async () => {
    const database = await createTestDatabase();
    const service = spawn(process.execPath, ['dist/src/main.js'], {
      env: { PATH: process.env.PATH, PORT: '0', DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: { msg: string; req?: { url: string } }[] = [];
    for await (const line of createInterface(service.stdout)) {
      lines.push(JSON.parse(line) as (typeof lines)[number]);
      const [address] = /http:\/\/[\d.:]+/.exec(lines.at(-1)!.msg) ?? [];
      if (!address) continue;
      await fetch(`${address}/health/live`);
      await fetch(`${address}/health/ready`);
      await fetch(`${address}/api/v1/platforms?token=s3cret1&x=1`, {
        headers: {
          ...{ authorization: 'Bearer s3cret', cookie: 'a=s3cret', 'proxy-authorization': 'Basic s3cret7' },
          ...{ 'x-api-key': 's3cret2', 'x-vault-token': 's3cret3', referer: 'http://a/?access_token=s3cret4' },
        },
      });
      service.kill();
    }
    if (service.exitCode === null && service.signalCode === null) await once(service, 'exit');
    await database.drop();
    const urls = lines.flatMap(({ req }) => req?.url ?? []);
    expect(urls).toEqual([
      expect.stringMatching(/^\/api\/v1\/platforms\?token=\[redacted: 7 characters, #[0-9a-f]{12}\]&x=1$/),
    ]);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });
});
