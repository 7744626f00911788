import type { Target } from '#platform';
import { type Interval, wilsonInterval } from '#statistics';
import { denseRuns, type Density } from './cusum.ts';
import { causeOf, isNamed, NAMED_CAUSES, type NamedCause } from './failure-cause.ts';
import type { FailureShape } from './failures.dto.ts';
import { dominant, evidenceOf, type FailurePattern, type SettledSync, typeKeysOf } from './failure-patterns.ts';
import { retryDecay } from './retry-decay.ts';
import { slowness } from './slowness.ts';
import { type Placed, SyncSeries } from './sync-series.ts';

/** Up to 3 % of syncs fail by chance; where half of them do, something is wrong. Five in a row are the least that is looked at. */
const DENSITY: Density = { usual: 0.03, dense: 0.5, certainty: 14 };
/** What is not five in a row has to be as certain as six. */
const CERTAIN = 16.5;
/** One cause alone is rarer by chance. */
const CAUSE_DENSITY: Density = { usual: 0.01, dense: 0.5, certainty: CERTAIN };
/** Where nothing succeeds, but for a straggler. */
const TOTAL: Density = { usual: 0.3, dense: 0.95, certainty: 5 };
/** So much of a run has to be one thing for it to be called that. */
const MOST = 0.7;
const NEARLY_ALL = 0.85;
const MIN_FAILURES = 5;
const MIN_TYPES = 2;
const MIN_REFUSALS = 4;
/** A cause that is spread thin has to make up so much of everything, for sure. */
const MIN_SHARE = 0.05;
const MIN_SPREAD = 10;
const MIN_SWITCHES = 4;

/**
 * What is wrong with the syncs of one target, each thing once. `syncs` are its settled ones in the order of their start,
 * from before the interval on: that is what durations and retries are compared with. Pure: the same syncs give the same.
 */
export function detectFailures(target: Target, syncs: Iterable<SettledSync>, interval: Interval): FailurePattern[] {
  const series = new SyncSeries(interval);
  for (const sync of syncs) series.add(sync);
  return patternsOf(target, series);
}

/** The same of syncs that were added one by one. */
export function patternsOf(target: Target, series: SyncSeries): FailurePattern[] {
  return new Detection(target, series).patterns();
}

/** The shapes in the order of their precedence: what one has taken no other sees. */
class Detection {
  private readonly taken = new Set<Placed>();
  private readonly found: FailurePattern[] = [];
  private readonly byCause = new Map<NamedCause, Placed[]>();
  /** Orders from one to another that a run covers. */
  private readonly covered: [number, number][] = [];
  private readonly neverSucceed: Set<string>;

  constructor(
    private readonly target: Target,
    private readonly series: SyncSeries,
  ) {
    this.neverSucceed = alwaysFailing(series);
  }

  patterns(): FailurePattern[] {
    this.acrossTypes();
    this.withinTypes();
    this.neverSucceeding();
    this.repeatedRefusals();
    this.ofOneCause();
    this.spreadThin();
    for (const [cause, syncs] of this.byCause) this.tell(cause, inOrder(syncs));
    this.found.push(...slowness(this.target, this.series.durations));
    const isCovered = (order: number) => this.covered.some(([from, to]) => order >= from && order <= to);
    this.found.push(...retryDecay(this.target, this.series, isCovered));
    return this.found.toSorted((a, b) => a.firstSeen.getTime() - b.firstSeen.getTime());
  }

  /** Runs in which calls of several types fail: a cause that has a name, an outage, or a burst. */
  private acrossTypes(): void {
    const events = this.left().filter(({ isFirstOfCall, key }) => isFirstOfCall && !this.neverSucceed.has(key));
    for (const run of denseRuns(
      events.map((event) => event.successesBefore),
      DENSITY,
    )) {
      const seed = withoutStrays(events.slice(run.from, run.to + 1));
      const [first, last] = [seed[0]!, seed.at(-1)!];
      const between = last.successesBefore - first.successesBefore;
      if (run.score < CERTAIN && between > 0) continue;
      const calls = new Set(seed.map(({ callId }) => callId));
      const inside = this.left().filter(
        ({ order, callId }) => (order >= first.order && order <= last.order) || calls.has(callId),
      );
      const types = new Set(seed.map(({ key }) => key)).size;
      const cause = dominant(seed.map(causeOf), MOST);
      const isTotal = seed.length >= NEARLY_ALL * (seed.length + between) && types >= Math.min(MIN_TYPES, this.types());
      if (isTotal && (cause === 'timeouts' || !isNamed(cause)) && cause !== 'refusal' && cause !== 'ours') {
        this.tell('outage', inside);
      } else if (
        run.score < CERTAIN ||
        (!isTotal &&
          dominant(
            seed.map(({ key }) => key),
            MOST,
          ) !== null)
      ) {
        continue;
      } else if (isNamed(cause)) {
        this.put(
          cause,
          inside.filter((sync) => causeOf(sync) === cause),
        );
      } else {
        this.tell(
          'burst',
          inside.filter(({ key }) => !this.neverSucceed.has(key)),
        );
      }
      this.covered.push([first.order, last.order]);
    }
  }

  /** Runs in which one type fails that succeeds at other times. */
  private withinTypes(): void {
    const others = this.left().filter(({ key }) => !this.neverSucceed.has(key));
    for (const failures of Map.groupBy(others, ({ key }) => key).values()) {
      const positions = failures.map((failure) => failure.ownSuccessesBefore);
      for (const { from, to, score } of denseRuns(positions, DENSITY)) {
        if (score < CERTAIN) continue;
        const inside = failures.slice(from, to + 1);
        const cause = dominant(inside.map(causeOf), MOST);
        if (isNamed(cause) && cause !== 'timeouts') this.put(cause, inside);
        else if (isFlapping(inside)) this.tell('flapping', inside);
        else if (isNamed(cause)) this.put(cause, inside);
        else this.tell('burst', inside);
        this.covered.push([inside[0]!.order, inside.at(-1)!.order]);
      }
    }
  }

  private neverSucceeding(): void {
    const failures = this.left().filter(({ key }) => this.neverSucceed.has(key));
    for (const ofType of Map.groupBy(failures, ({ key }) => key).values()) {
      if (ofType.length < MIN_FAILURES) continue;
      if (dominant(ofType.map(causeOf), MOST) === 'data-loss') this.put('data-loss', ofType);
      else this.tell('always-failing', ofType);
    }
  }

  /** A refusal that would lose data does not go away by itself, so a few in a row are enough. */
  private repeatedRefusals(): void {
    const refusals = this.left().filter((failure) => causeOf(failure) === 'data-loss');
    const runs = Map.groupBy(refusals, ({ key, ownSuccessesBefore }) => JSON.stringify([key, ownSuccessesBefore]));
    for (const run of runs.values()) if (run.length >= MIN_REFUSALS) this.put('data-loss', run);
  }

  /** Runs that are too short to be told by all failures, but not by those of one cause. */
  private ofOneCause(): void {
    for (const cause of NAMED_CAUSES) {
      const events = this.left().filter((failure) => failure.isFirstOfCall && causeOf(failure) === cause);
      for (const { from, to } of denseRuns(
        events.map((event) => event.successesBefore),
        CAUSE_DENSITY,
      )) {
        this.put(cause, events.slice(from, to + 1));
      }
    }
  }

  /** A cause that lies nowhere dense, and is too frequent all the same. */
  private spreadThin(): void {
    for (const cause of NAMED_CAUSES) {
      const failures = this.left().filter((failure) => causeOf(failure) === cause);
      const share = wilsonInterval(failures.length, this.series.settled);
      if (failures.length >= MIN_SPREAD && share!.low > MIN_SHARE) this.put(cause, failures);
    }
  }

  private left(): Placed[] {
    return this.series.failures.filter((failure) => !this.taken.has(failure));
  }

  private types(): number {
    return Math.max(this.series.types.size, 2);
  }

  /** One pattern for each cause, however often it comes. */
  private put(cause: NamedCause, syncs: Placed[]): void {
    for (const sync of syncs) this.taken.add(sync);
    this.byCause.set(cause, [...(this.byCause.get(cause) ?? []), ...syncs]);
  }

  private tell(shape: FailureShape, syncs: Placed[]): void {
    for (const sync of syncs) this.taken.add(sync);
    const [first, last] = [syncs[0]!, syncs.at(-1)!];
    const errorCode = dominant(
      syncs.map((sync) => sync.errorCode),
      MOST,
    );
    const typeKeys = typeKeysOf(syncs);
    this.found.push({
      ...this.target,
      shape,
      typeKeys,
      errorCode,
      fingerprint: dominant(
        syncs.map((sync) => sync.fingerprint),
        MOST,
      ),
      firstSeen: first.startedAt,
      lastSeen: last.startedAt,
      count: syncs.length,
      evidence: evidenceOf(syncs),
      summary: summaryOf(shape, syncs, typeKeys, errorCode),
    });
  }
}

/** Types that failed often and never succeeded, mostly while others did: in an outage nobody succeeds in between. */
function alwaysFailing({ types, failures }: SyncSeries): Set<string> {
  const suspects = failures.filter(({ key }) => types.get(key)!.successes === 0);
  const found = [...Map.groupBy(suspects, ({ key }) => key)].filter(([, ofType]) => {
    if (ofType.length < MIN_FAILURES) return false;
    const apart = ofType.filter((one, index) => index > 0 && one.successesBefore > ofType[index - 1]!.successesBefore);
    return apart.length >= (ofType.length - 1) / 2;
  });
  return new Set(found.map(([key]) => key));
}

/** A run less what failed by chance shortly before or after it: where nearly all fails, if most of it lies there. */
function withoutStrays(events: Placed[]): Placed[] {
  const positions = events.map(({ successesBefore }) => successesBefore);
  const [core] = denseRuns(positions, TOTAL).toSorted((a, b) => b.score - a.score);
  const inside = core ? events.slice(core.from, core.to + 1) : [];
  return inside.length >= Math.max(MIN_FAILURES, MOST * events.length) ? inside : events;
}

/** Whether failures of one type alternate with its successes, rather than come in a row. */
function isFlapping(failures: Placed[]): boolean {
  const switches = failures.filter(
    (one, index) => index > 0 && one.ownSuccessesBefore > failures[index - 1]!.ownSuccessesBefore,
  );
  return switches.length >= MIN_SWITCHES && switches.length >= 0.3 * (failures.length - 1);
}

function inOrder(syncs: Placed[]): Placed[] {
  return syncs.toSorted((a, b) => a.order - b.order);
}

const WHAT: Record<FailureShape, string> = {
  outage: 'Hardly anything succeeded',
  'always-failing': 'This content type always fails, while others succeed',
  burst: 'Unusually many syncs failed in a short time',
  'rate-limiting': 'The platform refused syncs because of its rate limit',
  authentication: 'The platform refused the credentials or the permissions',
  'data-loss': 'The platform refused changes that would lose data',
  timeouts: 'The platform did not answer in time',
  slowness: 'Syncs take longer than before',
  flapping: 'This content type alternates between success and failure',
  'retry-decay': 'More and more syncs succeed only after a retry',
};

function summaryOf(shape: FailureShape, syncs: Placed[], typeKeys: string[], errorCode: string | null): string {
  const [first, last] = [syncs[0]!, syncs.at(-1)!].map(({ startedAt }) => startedAt.toISOString());
  const types = typeKeys.length === 1 ? `"${typeKeys[0]}"` : `${typeKeys.length} content types`;
  const code = errorCode ? `, mostly with ${errorCode}` : '';
  return `${WHAT[shape]}: ${syncs.length} syncs of ${types} failed from ${first} to ${last}${code}.`;
}
