import { setTimeout as wait } from 'node:timers/promises';
import { startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { say } from '../support/chaos.ts';
import { arrivals, findings, setFaults, sql } from '../support/fsck.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

/** Each life is shorter than a fifth of it, after which a sweep would come that does not come at the start. */
const LEASE_MS = 3_000;
const LIFE_MS = 400;
const MAX_LIVES = 8;

describe('a service in a crash loop', () => {
  it('settles what a dead process left, though no life of it lasts until a second sweep', async () => {
    const [database, sandbox] = [await createTestDatabase(), await startSandbox()];
    const env = { DATABASE_URL: database.url, LEASE_MS: String(LEASE_MS), ...optimizelyAt(sandbox.url) };
    const first = await startServiceProcess(env);
    await first.api('PUT', '/content-types/Left?author=jane', { key: 'Left', baseType: '_page', displayName: 'Left' });
    await setFaults(sandbox.url, { kind: 'slow', delayMs: 60_000, match: { method: 'POST', path: '/manifest' } });
    const { body } = await first.api<{ id: string }>('POST', '/deployments', {
      ...{ platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Left' }] },
    });
    await until('the push has arrived', async () => (await arrivals(sandbox.url)).has('Left'));
    await first.kill();
    await setFaults(sandbox.url);
    await wait(LEASE_MS);
    const status = async () => {
      const rows = await sql<{ sync: string | null; deployment: string }>(
        database.url,
        `select h.sync_status as sync, d.status as deployment from deployment d
         left join sync_history h on h.deployment_id = d.id where d.id = $1`,
        [body.id],
      );
      return rows[0]!;
    };
    let lives = 0;
    for (; lives < MAX_LIVES && (await status()).deployment === 'IN_PROGRESS'; lives += 1) {
      const service = await startServiceProcess(env);
      await wait(LIFE_MS);
      await service.kill();
    }
    say(`settled after ${lives} lives of ${LIFE_MS} ms`);
    expect(await status()).toEqual({ sync: 'SUCCESS', deployment: 'SUCCESS' });
    expect((await arrivals(sandbox.url)).get('Left')).toBe(1);
    const last = await startServiceProcess(env);
    await until('the records are consistent', async () => (await findings(database.url)).length === 0);
    await last.stop();
    await sandbox.close();
    await database.drop();
  }, 90_000);
});
