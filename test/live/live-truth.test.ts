import { removeBeside } from '../support/deployments.ts';
import { findings, untilSettled } from '../support/fsck.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/seeded-random.ts';
import { startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { TruthStory } from '../support/truth-story.ts';

describe('the record and the platform', () => {
  it.each(Array.from({ length: runs(2) }, (_, run) => [run]))(
    'agree after any story of pushes, removals, faults, edits and deletions (%i)',
    async (run) => {
      const cms = await startSimulatedCms();
      const database = await createTestDatabase();
      const env = { ...optimizelyAt(cms.url), DATABASE_URL: database.url, CIRCUIT_FAILURES: '1000' };
      const replicas = [await startTestApp(env), await startTestApp(env), await startTestApp(env)];
      const removing = replicas.map((replica) => ({
        ...replica,
        remove: (typeKey: string) => removeBeside(replica, [{ typeKey }]),
      }));
      const story = new TruthStory(cms, () => removing, randomFrom(Number(process.env.SEED ?? 14) * 1_000 + run));
      await story.tell();
      await untilSettled(database.url);
      await story.check();
      expect(await findings(database.url)).toEqual([]);
      await Promise.all(replicas.map((replica) => replica.close()));
      await database.drop();
      await cms.close();
    },
    120_000,
  );
});
