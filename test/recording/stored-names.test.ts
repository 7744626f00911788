import { StoredNames } from '../../src/recording/stored-names.ts';

const HOUR_MS = 60 * 60 * 1_000;

describe('names of what is stored', () => {
  it('are forgotten after an hour, long before retention may drop them', () => {
    let now = 5;
    const known = new StoredNames(() => now);
    known.remember(['a']);
    now += HOUR_MS - 1;
    known.remember(['b']);
    expect([known.has('a'), known.has('b')]).toEqual([true, true]);
    now += 1;
    expect([known.has('a'), known.has('b')]).toEqual([false, false]);
    known.remember(['c']);
    expect(known.has('c')).toBe(true);
  });

  it('are bounded in number', () => {
    const known = new StoredNames();
    known.remember(Array.from({ length: 10_001 }, (_, index) => `${index}`));
    known.remember(['last']);
    expect([known.has('0'), known.has('last')]).toEqual([false, true]);
  });
});
