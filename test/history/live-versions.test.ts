import * as fc from 'fast-check';
import { Client } from 'pg';
import { runs } from '../support/properties.ts';
import { idAt, insertHistory, type RandomSync } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

interface Live {
  platform: string;
  environment: string;
  versionHash: string;
  since: string;
  syncId: string;
}

const PLATFORM = 'other';
const NOW = Date.now();
const DAY = 24 * 60 * 60 * 1000;

type VersionedSync = RandomSync & { versionHash: string | null };

const randomSync: fc.Arbitrary<VersionedSync> = fc
  .record({
    typeKey: fc.constantFrom('Article', 'Article', 'Hero'),
    platform: fc.constantFrom('optimizely', 'other'),
    environment: fc.constantFrom('default', 'staging'),
    direction: fc.constantFrom('PUSH', 'PULL'),
    status: fc.constantFrom('SUCCESS', 'SUCCESS', 'SUCCESS', 'FAILED', 'IN_PROGRESS'),
    versionHash: fc.constantFrom('one', 'two', 'two', null),
    // This month and the one before.
    ago: fc.integer({ min: 0, max: 20 * DAY }),
  })
  .map(({ ago, ...sync }) => ({
    ...{ trigger: 'API', actor: 'jane', errorCode: null, errorMessage: null, statusCode: 200, forced: false },
    ...sync,
    durationMs: 1,
    startedAt: new Date(NOW - ago),
    id: idAt(new Date(NOW - ago)),
  }));

/** What a person would read from the history, place by place. */
function recomputed(syncs: VersionedSync[]): Live[] {
  const told = syncs
    .filter(({ typeKey, platform }) => typeKey === 'Article' && platform === PLATFORM)
    .filter(({ status, versionHash }) => status === 'SUCCESS' && versionHash !== null)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return [...Map.groupBy(told, ({ platform, environment }) => `${platform}/${environment}`)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, all]) => {
      const last = all.at(-1)!;
      const first = all[all.findLastIndex(({ versionHash }) => versionHash !== last.versionHash) + 1]!;
      return {
        platform: last.platform,
        environment: last.environment,
        versionHash: last.versionHash!,
        since: first.startedAt.toISOString(),
        syncId: last.id,
      };
    });
}

describe('where a content type is live', () => {
  let service: TestApp;
  let database: Client;
  beforeAll(async () => {
    service = await startTestApp();
    database = new Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database?.end();
    await service?.close();
  });

  const where = async () =>
    (await service.api('GET', `/content-types/Article/where?platform=${PLATFORM}`)).body as { items: Live[] };

  it('is the same as recomputed by hand from the syncs of its platform: version, since when, by which sync', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomSync, { maxLength: 25 }), async (syncs) => {
        await database.query('delete from sync_history');
        await insertHistory(service.databaseUrl, syncs);
        for (const { id, versionHash } of syncs) {
          await database.query('update sync_history set version_hash = $2 where id = $1', [id, versionHash]);
        }
        const { items } = await where();
        expect(
          items.map(({ platform, environment, versionHash, since, syncId }) => ({
            ...{ platform, environment, versionHash, since, syncId },
          })),
        ).toEqual(recomputed(syncs));
      }),
      { numRuns: runs(25) },
    );
  });

  it('is nowhere for a type that was never there', async () => {
    expect((await service.api('GET', '/content-types/Missing/where')).body).toEqual({ items: [] });
  });
});
