import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { findings, untilSettled } from '../support/fsck.ts';
import { inLength, random, say, seed } from '../support/chaos.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { TruthStory } from '../support/truth-story.ts';

const STORIES = Number(process.env.STORIES ?? inLength(2, 20));
/** Milliseconds by which the clocks of the replicas are wrong. */
const CLOCKS = [-600_000, 0, 90_000];
const WRONG_CLOCK = pathToFileURL(join(import.meta.dirname, '../support/shifted-clock.mjs')).href;
/** A kill strikes a few milliseconds after the requests of its step have left. */
const MAX_DELAY_MS = 60;

describe('the record and the platform', () => {
  let cms: SimulatedCms;
  let database: TestDatabase;
  let replicas: ServiceProcess[];

  const start = (shiftMs: number) =>
    startServiceProcess({
      ...optimizelyAt(cms.url),
      DATABASE_URL: database.url,
      LEASE_MS: '1500',
      MAX_CLOCK_OFFSET_MS: '3600000',
      CIRCUIT_FAILURES: '1000',
      RETRY_INITIAL_DELAY_MS: '10',
      RETRY_MAX_DELAY_MS: '50',
      CLOCK_SHIFT_MS: String(shiftMs),
      NODE_OPTIONS: `--import=${WRONG_CLOCK}`,
    });

  beforeAll(async () => {
    cms = await startSimulatedCms();
    database = await createTestDatabase();
    replicas = [];
    for (const shiftMs of CLOCKS) replicas.push(await start(shiftMs));
  }, 60_000);

  afterAll(async () => {
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
    await database?.drop();
    await cms?.close();
  });

  it(
    `agree after any story, whatever the clocks of the replicas say and whoever is killed (SEED=${seed})`,
    async () => {
      const chance = random();
      for (let number = 1; number <= STORIES; number += 1) {
        const story = new TruthStory(cms, () => replicas.filter(({ hasEnded }) => !hasEnded), chance, `s${number}`);
        const killAt = Math.floor(chance() * 12);
        let restarted: Promise<void> | undefined;
        await story.tell(async (step) => {
          if (step !== killAt) return;
          ({ restarted } = await kill(Math.floor(chance() * CLOCKS.length), chance() * MAX_DELAY_MS));
        });
        await restarted;
        await untilSettled(database.url, 60_000);
        await story.check();
        await story.clear();
        if (number % 20 === 0) say(`${number} stories`);
      }
      expect(await findings(database.url)).toEqual([]);
    },
    60_000 + STORIES * 60_000,
  );

  async function restart(index: number): Promise<void> {
    replicas[index] = await start(CLOCKS[index]!);
  }

  /** Kills a replica, and starts it again beside what goes on. */
  async function kill(index: number, delayMs: number): Promise<{ restarted: Promise<void> }> {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await replicas[index]!.kill();
    const restarted = restart(index);
    // Awaited after the story, if that does not fail before.
    restarted.catch(() => undefined);
    return { restarted };
  }
});
