import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedCms } from './simulated-cms.ts';
import { until } from './until.ts';

/** A replica of the service; `api` throws when it is killed before it answers. */
export interface Replica {
  /** Removes an item from the platform, as a recorded call. */
  remove?(typeKey: string): Promise<unknown>;
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

interface Push {
  id: string;
  status: string;
  outcome: string | null;
  evidence: string | null;
  removal: boolean | null;
  startedAt: string;
}
/** A push and the display name that it sent. */
interface Content extends Push {
  name: string;
  typeKey: string;
}
interface Place {
  state: string;
  versionHash: string | null;
}
/** What the record claims of an item: `known` is its display name there, null where it is absent. */
interface Claim {
  typeKey: string;
  state: string;
  known: string | null;
}

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
  [{ kind: 'reset-before', calls: 2, match: { method: 'DELETE' } }],
  [{ kind: 'reset-after', calls: 3, match: { method: 'DELETE' } }],
  [
    { kind: 'reset-after', calls: 3, match: POSTS },
    { kind: 'status', status: 503, calls: 2, match: { method: 'GET', path: '/manifest' } },
  ],
];

/** Random pushes, removals, faults, pulls, edits and deletions behind our back, by replicas on one database. */
export class TruthStory {
  private readonly keys: string[];
  private count = 0;
  /** When somebody else has touched an item last. */
  private readonly touched = new Map<string, number>();

  constructor(
    private readonly cms: SimulatedCms,
    /** Those that run at the moment of the question. */
    private readonly replicas: () => Replica[],
    private readonly chance: () => number,
    /** Sets its items apart from those of other stories on the same database. */
    private readonly name = '',
  ) {
    this.keys = ['A', 'B', 'C'].map((key) => key + name);
  }

  /** `between` is called after each step. */
  async tell(between: (step: number) => Promise<void> = () => Promise.resolve()): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) {
      await this.cms.strike(...this.oneOf(FAULTS));
      const many = 1 + Math.floor(this.chance() * 3);
      const steps = Array.from({ length: many }, () => this.step());
      await between(step);
      await Promise.all(steps);
    }
    await this.cms.strike();
  }

  /** Throws where the record says what is not so. Everything has to be settled, and the platform to be up. */
  async check(): Promise<void> {
    const applied = await this.applied();
    const pushes = await this.pushes();
    for (const push of pushes) {
      const { name, typeKey, outcome, evidence, status, startedAt } = push;
      // Nobody can see that a push was applied which somebody else undid before it was read back.
      const mayBeUndone = evidence === 'OBSERVED' && (this.touched.get(typeKey) ?? 0) > Date.parse(startedAt);
      if (outcome === 'NOT_APPLIED' && mayBeUndone) continue;
      const wasApplied = applied.some((post) => post.names.includes(name) && isOf(push, pushes, post.at));
      const isRight = isTrue(outcome, wasApplied) && (status !== 'SUCCESS' || outcome === 'APPLIED');
      expect({ name, outcome, status, isRight }).toEqual({ name, outcome, status, isRight: true });
    }
    // A deployment that goes on elsewhere sends nothing that was applied.
    const done = pushes.filter(({ outcome }) => outcome === 'APPLIED').map(({ name }) => name);
    expect(done).toEqual([...new Set(done)]);
    // What nobody else has touched is known as it is, before anybody looks again.
    const held = await this.held();
    const claims = (await this.claims()).filter(
      ({ typeKey, state }) => state !== 'UNKNOWN' && !this.touched.has(typeKey),
    );
    for (const { typeKey, known } of claims) {
      expect({ typeKey, known }).toEqual({ typeKey, known: held.get(typeKey) ?? null });
    }
    // A target that can be read leaves nothing unknown; after a pull all is as it is.
    await until('nothing is unknown', async () => (await this.claims()).every(({ state }) => state !== 'UNKNOWN'));
    await this.ask('POST', '/platforms/optimizely/pull', { actor: 'jane' });
    // Nothing that was settled arrives later.
    expect(await this.held()).toEqual(held);
    for (const { typeKey, state, known } of await this.claims()) {
      expect({ typeKey, state, known }).toEqual({
        typeKey,
        state: held.has(typeKey) ? 'PRESENT' : 'ABSENT',
        known: held.get(typeKey) ?? null,
      });
    }
  }

  /** Takes its items off the platform, so that a later story has a small one. */
  async clear(): Promise<void> {
    for (const key of (await this.held()).keys()) await this.remove(key);
  }

  /** A request that a killed replica does not answer is lost: what came of it is for the record to say. */
  private async step(): Promise<void> {
    const typeKey = this.oneOf(this.keys);
    const what = this.chance();
    this.count += 1;
    const number = this.count;
    const replica = this.oneOf(this.replicas());
    const lost = () => undefined;
    if (replica.remove && what < 0.15) {
      await replica.remove(typeKey).catch(lost);
    } else if (what < 0.7) {
      const definition = { key: typeKey, baseType: '_component', displayName: `push ${number}${this.name}` };
      const put = await replica.api('PUT', `/content-types/${typeKey}?author=jane`, definition).catch(lost);
      if (!put) return;
      // Its own version, not the latest: what each push sends is sent by no other.
      const { versionHash } = put.body as { versionHash: string };
      const request = { platform: 'optimizely', actor: 'jane', items: [{ typeKey, versionHash }] };
      await replica.api('POST', '/deployments', request).catch(lost);
    } else if (what < 0.82) {
      await replica.api('POST', '/platforms/optimizely/pull', { actor: 'jane' }).catch(lost);
    } else {
      if (!(await this.held()).has(typeKey)) return;
      this.touched.set(typeKey, Date.now());
      // Two colleagues may be at it: whoever edits what the other has just deleted creates it anew.
      const edit = { baseType: '_component', displayName: `edit ${number}${this.name}` };
      if (what < 0.92) await this.cms.edit(typeKey, 'colleague', edit);
      else await this.remove(typeKey);
    }
  }

  private oneOf<T>(values: readonly T[]): T {
    return values[Math.floor(this.chance() * values.length)]!;
  }

  /** From a replica that answers: one may be on its way down. */
  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const replica = this.replicas().at(attempt % 2);
      try {
        const answer = await replica!.api(method, path, body);
        if (answer.status >= 500)
          throw new Error(`${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        return answer.body as T;
      } catch (error) {
        if (attempt === 20) throw error;
        await wait(100);
      }
    }
  }

  private async remove(typeKey: string): Promise<void> {
    await fetch(`${this.cms.url}/_sandbox/content-types/${typeKey}`, { method: 'DELETE' });
  }

  /** The display names of its items on the platform, by key. */
  private async held(): Promise<Map<string, string>> {
    const types = (await (await fetch(`${this.cms.url}/_sandbox/content-types`)).json()) as {
      key: string;
      displayName: string;
    }[];
    return new Map(
      types.filter(({ key }) => this.keys.includes(key)).map(({ key, displayName }) => [key, displayName]),
    );
  }

  /** The posts that the platform has applied, whatever it answered, with the display names in each. */
  private async applied(): Promise<{ at: number; names: string[] }[]> {
    const journal = (await (await fetch(`${this.cms.url}/_sandbox/journal`)).json()) as {
      at: string;
      method: string;
      path: string;
      changedState: boolean;
      body: { contentTypes?: { displayName: string }[] } | null;
    }[];
    return journal
      .filter(({ method, path, changedState }) => method === 'POST' && path.endsWith('/manifest') && changedState)
      .map(({ at, body }) => ({
        at: Date.parse(at),
        names: body?.contentTypes?.map(({ displayName }) => displayName) ?? [],
      }));
  }

  private async claims(): Promise<Claim[]> {
    const claims: Claim[] = [];
    for (const typeKey of this.keys) {
      type Where = Record<'items' | 'absent' | 'unknown', Place[]>;
      const {
        items = [],
        absent = [],
        unknown = [],
      } = await this.ask<Partial<Where>>('GET', `/content-types/${typeKey}/where`);
      for (const { state, versionHash } of [...items, ...absent, ...unknown]) {
        claims.push({ typeKey, state, known: versionHash === null ? null : await this.nameOf(typeKey, versionHash) });
      }
    }
    return claims;
  }

  private async nameOf(typeKey: string, versionHash: string): Promise<string> {
    const path = `/sync/history?typeKey=${typeKey}&versionHash=${versionHash}&limit=1`;
    const { items } = await this.ask<{ items: Push[] }>('GET', path);
    return this.contentName(items[0]!.id);
  }

  private async pushes(): Promise<Content[]> {
    const found: Content[] = [];
    for (const typeKey of this.keys) {
      const path = `/sync/history?typeKey=${typeKey}&direction=PUSH&limit=100`;
      const { items } = await this.ask<{ items: Push[] }>('GET', path);
      // A removal has no content by which to tell it from others: what stands there in the end shows it.
      const pushes = items.filter(({ removal }) => !removal);
      for (const push of pushes) found.push({ ...push, typeKey, name: await this.contentName(push.id) });
    }
    return found;
  }

  private async contentName(syncId: string): Promise<string> {
    type Side = { content: { displayName: string } } | null;
    const { sent, received } = await this.ask<Record<'sent' | 'received', Side>>('GET', `/sync/${syncId}/snapshot`);
    return (sent ?? received)!.content.displayName;
  }
}

/**
 * Whether a call at that time belongs to the push. A deployment that goes on elsewhere sends what was not applied
 * again, as a push of its own: what comes from then on is of the later one. Both times are the machine's: replicas
 * start a push by the clock of their database.
 */
function isOf(push: Content, pushes: readonly Content[], at: number): boolean {
  const starts = pushes.filter(({ name }) => name === push.name).map(({ startedAt }) => Date.parse(startedAt));
  const start = Date.parse(push.startedAt);
  return at >= start && !starts.some((later) => later > start && later <= at);
}

/** An unknown outcome claims nothing. */
function isTrue(outcome: string | null, wasApplied: boolean): boolean {
  if (outcome === 'APPLIED') return wasApplied;
  return outcome === 'NOT_APPLIED' ? !wasApplied : true;
}
