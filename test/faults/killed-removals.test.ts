import { setTimeout as wait } from 'node:timers/promises';
import { findings, sql, untilSettled } from '../support/fsck.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const OF_REMOVAL = { untilReset: true, match: { method: 'DELETE' } };
const ASKED = { actor: 'jane', reason: 'It shall be gone' };

interface Row {
  status: string;
  outcome: string;
  errorCode: string | null;
  state: string;
  isDrift: boolean;
}

describe('a removal whose process is killed', () => {
  let cms: SimulatedCms;
  let database: TestDatabase;
  let service: ServiceProcess;

  beforeEach(async () => {
    cms = await startSimulatedCms();
    database = await createTestDatabase();
    service = await start();
    const definition = { key: 'Doomed', displayName: 'Doomed', baseType: '_component' };
    await service.api('PUT', '/content-types/Doomed?author=jane', definition);
    const request = { platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Doomed' }] };
    await service.api('POST', '/deployments', request);
    await untilSettled(database.url);
  });
  afterEach(async () => {
    await service.stop();
    await database.drop();
    await cms.close();
  });

  const start = () =>
    startServiceProcess({
      ...{ DATABASE_URL: database.url, LEASE_MS: '1500', ...optimizelyAt(cms.url) },
      ...{ RETRY_INITIAL_DELAY_MS: '5000', RETRY_MAX_DELAY_MS: '5000' },
    });

  it.each([
    ['after the platform applied it', { kind: 'slow', delayMs: 3_000 }, ['SUCCESS', 'APPLIED', null, 'ABSENT']],
    [
      'after an attempt that nobody answered',
      { kind: 'reset-before' },
      ['FAILED', 'NOT_APPLIED', 'INTERRUPTED', 'PRESENT'],
    ],
    [
      'after an attempt that was refused',
      { kind: 'status', status: 429 },
      ['FAILED', 'NOT_APPLIED', 'NOT_SENT', 'PRESENT'],
    ],
  ])(
    'ends as the platform shows: %s',
    async (_when, fault, [status, outcome, errorCode, state]) => {
      const failed = { platform: 'optimizely', direction: 'PUSH', removal: true, typeKey: 'Doomed', actor: 'jane' };
      const { body } = await service.api<{ id: string }>('POST', '/sync', { ...failed, result: { status: 'FAILED' } });
      await cms.strike({ ...fault, ...OF_REMOVAL });
      const before = (await cms.calls()).length;
      await service.api('POST', `/sync/${body.id}/replay`, ASKED);
      await cms.called(before + 1);
      // The failed attempt is recorded, or the answer is on its way.
      await wait(500);
      await service.kill();
      await cms.strike();
      service = await start();
      await untilSettled(database.url);
      await service.api('GET', '/live?platform=optimizely&environment=default');
      const [row] = await sql<Row>(
        database.url,
        `select h.sync_status as status, h.outcome, h.error_code as "errorCode", l.state,
         l.put_hash is not null and l.version_hash is distinct from l.put_hash as "isDrift"
       from sync_history h join live_state l using (kind, type_key) where h.removal and h.trigger = 'REPLAY'`,
      );
      expect(row).toEqual({ status, outcome, errorCode, state, isDrift: false });
      const deletions = (await cms.calls()).filter(({ method }) => method === 'DELETE');
      expect(deletions).toHaveLength(1);
      expect(await findings(database.url)).toEqual([]);
    },
    60_000,
  );
});
