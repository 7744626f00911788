import { settled } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { runs } from '../support/properties.ts';
import { randomFrom } from '../support/seeded-random.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

interface Push {
  typeKey: string;
  status: string;
  outcome: string | null;
  snapshot: string;
}
interface Item {
  typeKey: string;
  state: string;
  versionHash: string | null;
}

const KEYS = ['A', 'B', 'C'];
const STEPS = 14;
const POSTS = { method: 'POST', path: '/manifest' };
/** What may go wrong with pushes and pulls; most of the time nothing does. */
const FAULTS = [
  [],
  [],
  [],
  [{ kind: 'status', status: 500, calls: 2, match: POSTS }],
  [{ kind: 'status', status: 429, match: POSTS }],
  [{ kind: 'reset-before', calls: 2, match: POSTS }],
  [{ kind: 'reset-after', calls: 3, match: POSTS }],
  [{ kind: 'truncated', calls: 3, match: POSTS }],
  [{ kind: 'slow', delayMs: 60, calls: 3 }],
  [
    { kind: 'reset-after', calls: 3, match: POSTS },
    { kind: 'status', status: 503, calls: 2, match: { method: 'GET', path: '/manifest' } },
  ],
];

/** Random pushes, faults, pulls, edits and deletions behind our back, by three replicas on one database. */
class Story {
  private count = 0;
  /** Items that somebody else has touched since the record could see it. */
  readonly touched = new Set<string>();
  private readonly deployments: { id: string; service: TestApp }[] = [];

  constructor(
    private readonly cms: SimulatedCms,
    private readonly replicas: TestApp[],
    private readonly chance: () => number,
  ) {}

  async tell(): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) {
      await this.cms.strike(...this.oneOf(FAULTS));
      const many = 1 + Math.floor(this.chance() * 3);
      await Promise.all(Array.from({ length: many }, () => this.step()));
    }
    await this.cms.strike();
    for (const { id, service } of this.deployments) await settled(service.api, id);
  }

  private async step(): Promise<void> {
    const service = this.oneOf(this.replicas);
    const typeKey = this.oneOf(KEYS);
    const what = this.chance();
    this.count += 1;
    if (what < 0.7) {
      const definition = { key: typeKey, baseType: '_component', displayName: `push ${this.count}` };
      await service.api('PUT', `/content-types/${typeKey}?author=jane`, definition);
      const request = { platform: 'optimizely', actor: 'jane', items: [{ typeKey }] };
      const { body } = await service.api('POST', '/deployments', request);
      this.deployments.push({ id: (body as { id: string }).id, service });
    } else if (what < 0.82) {
      await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
    } else {
      const types = await heldBy(this.cms);
      if (!types.has(typeKey)) return;
      this.touched.add(typeKey);
      if (what < 0.92) await this.cms.edit(typeKey, 'colleague', { displayName: `edit ${this.count}` });
      else await fetch(`${this.cms.url}/_sandbox/content-types/${typeKey}`, { method: 'DELETE' });
    }
  }

  private oneOf<T>(values: readonly T[]): T {
    return values[Math.floor(this.chance() * values.length)]!;
  }
}

async function heldBy(cms: SimulatedCms): Promise<Map<string, string>> {
  const types = (await (await fetch(`${cms.url}/_sandbox/content-types`)).json()) as {
    key: string;
    displayName: string;
  }[];
  return new Map(types.map(({ key, displayName }) => [key, displayName]));
}

/** The contents that the platform has applied, whatever it answered. */
async function applied(cms: SimulatedCms): Promise<Set<string>> {
  const journal = (await (await fetch(`${cms.url}/_sandbox/journal`)).json()) as {
    method: string;
    path: string;
    changedState: boolean;
    body: { contentTypes?: { displayName: string }[] } | null;
  }[];
  const posts = journal.filter(
    ({ method, path, changedState }) => method === 'POST' && path.endsWith('/manifest') && changedState,
  );
  return new Set(posts.flatMap(({ body }) => body?.contentTypes?.map(({ displayName }) => displayName) ?? []));
}

async function live(service: TestApp): Promise<Map<string, Item & { displayName: string | null }>> {
  const { items } = (await service.api('GET', '/live')).body as unknown as { items: Item[] };
  const named = new Map<string, Item & { displayName: string | null }>();
  for (const item of items) {
    const path = `/content-types/${item.typeKey}/diff?from=${item.versionHash}&to=${item.versionHash}`;
    const exists = item.versionHash !== null && (await service.api('GET', path)).status === 200;
    named.set(item.typeKey, { ...item, displayName: exists ? await displayName(service, item) : null });
  }
  return named;
}

async function displayName(service: TestApp, { typeKey, versionHash }: Item): Promise<string> {
  const { body } = await service.api('GET', `/sync/history?typeKey=${typeKey}&versionHash=${versionHash}&limit=1`);
  const { id } = (body as { items: { id: string }[] }).items[0]!;
  const { sent, received } = (await service.api('GET', `/sync/${id}/snapshot`)).body as unknown as Record<
    'sent' | 'received',
    { content: { displayName: string } } | null
  >;
  return (sent ?? received)!.content.displayName;
}

async function pushes(service: TestApp): Promise<Push[]> {
  const found: Push[] = [];
  for (const typeKey of KEYS) {
    const { body } = await service.api('GET', `/sync/history?typeKey=${typeKey}&direction=PUSH&limit=100`);
    for (const sync of (body as { items: (Push & { id: string })[] }).items) {
      const snapshot = (await service.api('GET', `/sync/${sync.id}/snapshot`)).body as unknown as {
        sent: { content: { displayName: string } };
      };
      found.push({ ...sync, snapshot: snapshot.sent.content.displayName });
    }
  }
  return found;
}

describe('the record and the platform', () => {
  it.each(Array.from({ length: runs(2) }, (_, run) => [run]))(
    'agree after any story of pushes, faults, edits and deletions (%i)',
    async (run) => {
      const cms = await startSimulatedCms();
      const database = await createTestDatabase();
      const env = { ...optimizelyAt(cms.url), DATABASE_URL: database.url, CIRCUIT_FAILURES: '1000' };
      const replicas = [await startTestApp(env), await startTestApp(env), await startTestApp(env)];
      const [service] = replicas as [TestApp];
      const story = new Story(cms, replicas, randomFrom(Number(process.env.SEED ?? 14) * 1_000 + run));
      await story.tell();

      const truth = await applied(cms);
      for (const { snapshot, outcome, status } of await pushes(service)) {
        const isRight = isTrue(outcome, truth.has(snapshot)) && (status !== 'SUCCESS' || outcome === 'APPLIED');
        expect({ snapshot, outcome, status, isRight }).toMatchObject({ isRight: true });
      }
      // What nobody else has touched is known as it is, before anybody looks again.
      const held = await heldBy(cms);
      const claims = [...(await live(service)).values()].filter(
        ({ typeKey, state }) => state !== 'UNKNOWN' && !story.touched.has(typeKey),
      );
      for (const { typeKey, displayName: known } of claims) {
        expect({ typeKey, known }).toEqual({ typeKey, known: held.get(typeKey) ?? null });
      }
      // A target that can be read leaves nothing unknown; after a pull all is as it is.
      await until('nothing is unknown', async () =>
        [...(await live(service)).values()].every(({ state }) => state !== 'UNKNOWN'),
      );
      await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
      const seen = await live(service);
      for (const [typeKey, { state, displayName: known }] of seen) {
        expect({ typeKey, state, known }).toEqual({
          typeKey,
          state: held.has(typeKey) ? 'PRESENT' : 'ABSENT',
          known: held.get(typeKey) ?? null,
        });
      }
      expect(await findings(database.url)).toEqual([]);
      await Promise.all(replicas.map((replica) => replica.close()));
      await database.drop();
      await cms.close();
    },
    120_000,
  );
});

/** An unknown outcome claims nothing. */
function isTrue(outcome: string | null, wasApplied: boolean): boolean {
  if (outcome === 'APPLIED') return wasApplied;
  return outcome === 'NOT_APPLIED' ? !wasApplied : true;
}
