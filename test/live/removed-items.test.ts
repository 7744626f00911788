import { afterFact, type Fact, isDrift, type LiveState } from '../../src/live/live-state.ts';

const FACT: Fact = {
  ...{ type: 'settled', syncId: 'sync', typeKey: 'Article', direction: 'PUSH', status: 'SUCCESS', outcome: 'APPLIED' },
  ...{ evidence: 'ANSWERED', versionHash: null, digest: null, isRemoval: false, isExternal: false },
  ...{ startedAt: 0, endedAt: 0, isOvertaken: false, isAbsent: false, isOverlapped: false, readSince: null },
  ...{ changedBy: null, changedAt: null },
};
let clock = 0;
const fact = (more: Partial<Fact>): Fact => {
  clock += 10;
  return { ...FACT, startedAt: clock - 5, endedAt: clock, syncId: `sync ${clock}`, ...more };
};
const push = (versionHash: string, more: Partial<Fact> = {}) => fact({ versionHash, digest: versionHash, ...more });
const removal = (more: Partial<Fact> = {}) => fact({ isRemoval: true, ...more });
const absence = () => fact({ direction: 'PULL', outcome: null, evidence: 'OBSERVED', isAbsent: true });
const unknown = { status: 'FAILED', outcome: 'UNKNOWN', evidence: null } as const;
const after = (...facts: Fact[]) => facts.reduce<LiveState | undefined>(afterFact, undefined)!;

describe('the live state after a removal', () => {
  it.each<[string, Fact[], Partial<LiveState>]>([
    ['that was applied', [push('a'), removal()], { state: 'ABSENT', evidence: 'ANSWERED', putHash: null }],
    ['of what was never there', [removal()], { state: 'ABSENT', putHash: null }],
    ['that was not applied', [push('a'), removal({ outcome: 'NOT_APPLIED' })], { state: 'PRESENT', putHash: 'a' }],
    ['that was overtaken', [push('a'), removal({ ...unknown, isOvertaken: true })], { state: 'PRESENT', putHash: 'a' }],
    ['that nobody knows of', [push('a'), removal(unknown)], { state: 'UNKNOWN', putHash: 'a' }],
    ['that was read back, with another version', [push('a'), removal({ ...unknown, held: 'b' })], { versionHash: 'b' }],
    ['and a push', [push('a'), removal(), push('b')], { state: 'PRESENT', versionHash: 'b', putHash: 'b' }],
    [
      'beside a push of another system',
      [push('a', { isExternal: true, startedAt: 0, endedAt: 5_000_000 }), removal({ startedAt: 1 })],
      { state: 'UNKNOWN', putHash: null },
    ],
  ])('%s', (_when, facts, expected) => {
    expect(after(...facts)).toMatchObject(expected);
  });

  it('is no drift once it is known that it was applied', () => {
    const put = push('a');
    const late = removal(unknown);
    const seen = after(put, late, absence());
    expect(isDrift(seen)).toBe(true);
    const known = afterFact(seen, { ...late, type: 'learned', outcome: 'APPLIED', evidence: 'OBSERVED' })!;
    expect(known).toMatchObject({ state: 'ABSENT', putHash: null });
    expect(isDrift(known)).toBe(false);
  });

  it('is drift where somebody deletes what was pushed after it, also when its own outcome becomes known later', () => {
    const put = push('a');
    const late = removal(unknown);
    const seen = after(put, late, absence(), push('b'), absence());
    const known = afterFact(seen, { ...late, type: 'learned', outcome: 'APPLIED', evidence: 'OBSERVED' })!;
    expect(known).toMatchObject({ state: 'ABSENT', putHash: 'b' });
    expect(isDrift(known)).toBe(true);
  });
});
