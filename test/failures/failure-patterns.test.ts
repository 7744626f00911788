import * as fc from 'fast-check';
import { detectFailures } from '../../src/failures/detect-failures.ts';
import type { FailurePattern, SettledSync } from '../../src/failures/failure-patterns.ts';
import {
  alwaysFailing,
  burst,
  creep,
  ERRORS,
  flapping,
  outage,
  type Plant,
  refused,
  retriesRise,
  scenario,
} from '../support/failure-scenario.ts';
import { runs } from '../support/properties.ts';

const PERIOD = { from: new Date('2026-11-20T00:00:00Z'), to: new Date('2026-11-21T00:00:00Z') };
const PLACE = { platform: 'optimizely', environment: 'default' };
const detect = (syncs: SettledSync[]) => detectFailures(PLACE, syncs, PERIOD);
const shapes = (patterns: FailurePattern[]) => patterns.map(({ shape }) => shape).toSorted();
/** Not those on which the thresholds were set. */
const EXAMPLES = { numRuns: runs(20) };

const share = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const seed = fc.integer({ min: 1, max: 2 ** 31 });
const ordinary = fc.record({
  seed,
  syncs: fc.integer({ min: 800, max: 4_000 }),
  noise: share(0.005, 0.03),
  retries: share(0, 0.05),
});
/** Three places that do not overlap, in any order. */
const places = fc
  .tuple(share(0.02, 0.2), share(0.35, 0.5), share(0.65, 0.85))
  .chain((all) => fc.shuffledSubarray(all, { minLength: 3 }));

/** The first history made of these that has not just these patterns, each once; null where all have. */
function mistakes<T>(what: string[], given: fc.Arbitrary<T>, made: (of: T) => SettledSync[]): string | null {
  const property = fc.property(given, (of) => {
    expect(shapes(detect(made(of)))).toEqual(what);
  });
  const { failed, counterexample, errorInstance } = fc.check(property, EXAMPLES);
  return failed ? `${JSON.stringify(counterexample)}: ${String(errorInstance)}` : null;
}

describe('the failure patterns of a history', () => {
  it('are none when nothing fails, and none in noise', () => {
    expect(mistakes([], ordinary, (given) => scenario({ ...given, noise: 0 }))).toBeNull();
    expect(mistakes([], ordinary, (given) => scenario(given))).toBeNull();
  });

  it.each([
    ['noise', ordinary, 6],
    ['so much noise that some lies beside each of them', ordinary.map((given) => ({ ...given, noise: 0.05 })), 10],
  ])(
    'are an outage, a type that always fails, a burst of 429s and a slow creep among %s, each once',
    (_, among, least) => {
      const planted = fc.record({
        given: among,
        at: places,
        down: fc.integer({ min: least, max: 60 }),
        broken: fc.integer({ min: 6, max: 60 }),
        limited: fc.integer({ min: 16, max: 60 }),
        share: share(0.75, 1),
        from: share(0.3, 0.6),
        times: share(2, 5),
      });
      expect(
        mistakes(['always-failing', 'outage', 'rate-limiting', 'slowness'], planted, (of) =>
          scenario(
            of.given,
            outage({ at: of.at[0]!, syncs: of.down }),
            burst({ at: of.at[1]!, syncs: of.limited, share: of.share, error: ERRORS.rate }),
            creep({ from: of.from, times: of.times }),
            alwaysFailing({ syncs: of.broken }),
          ),
        ),
      ).toBeNull();
    },
  );

  it.each<[string, number, number, (at: number, syncs: number) => Plant]>([
    ['authentication', 8, 80, (at, syncs) => outage({ at, syncs, errors: [ERRORS.auth] })],
    ['outage', 8, 80, (at, syncs) => outage({ at, syncs, errors: [ERRORS.timeout] })],
    ['outage', 12, 80, (at, syncs) => burst({ at, syncs, share: 0.95, error: ERRORS.down })],
    ['burst', 30, 80, (at, syncs) => burst({ at, syncs, share: 0.6 })],
    ['burst', 12, 80, (at, syncs) => burst({ at, syncs, error: ERRORS.invalid })],
    ['rate-limiting', 12, 80, (at, syncs) => burst({ at, syncs, share: 0.8, error: ERRORS.rate })],
    ['timeouts', 40, 80, (at, syncs) => burst({ at, syncs, share: 0.5, error: ERRORS.timeout })],
    ['flapping', 24, 60, (at, syncs) => flapping({ at, syncs })],
    ['data-loss', 4, 20, (at, syncs) => refused({ at, syncs })],
  ])('are %s, once, of %i to %i syncs anywhere', (shape, min, max, plant) => {
    const planted = fc.tuple(ordinary, places, fc.integer({ min, max }));
    expect(mistakes([shape], planted, ([given, [at], syncs]) => scenario(given, plant(at!, syncs)))).toBeNull();
  });

  it('are retries that hide a decay, and not the slowness that they make', () => {
    const rise = fc.record({ from: share(0.3, 0.6), share: share(0.4, 0.9) });
    expect(
      mistakes(['retry-decay'], fc.tuple(ordinary, rise), ([given, rising]) => scenario(given, retriesRise(rising))),
    ).toBeNull();
  });

  it('are the slowness of one type, which is named', () => {
    const planted = fc.tuple(ordinary, share(3, 5));
    expect(
      mistakes(['slowness'], planted, ([given, times]) =>
        scenario({ ...given, syncs: 3_000 }, creep({ from: 0.4, times, typeKeys: ['Hero'] })),
      ),
    ).toBeNull();
    const [slow] = detect(scenario({}, creep({ from: 0.4, times: 3, typeKeys: ['Hero'] })));
    expect(slow).toMatchObject({ shape: 'slowness', typeKeys: ['Hero'] });
  });
});
