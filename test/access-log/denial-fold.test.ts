import { DenialFold } from '../../src/access-log/denial-fold.ts';

const MINUTE = 60_000;

it('lets the first denial of a kind through, and counts the others until the minute is over', () => {
  let now = 0;
  const fold = new DenialFold<string>(10, MINUTE, () => now);
  expect(['a', 'a', 'b', 'a'].map((kind) => fold.add(kind, kind, 'rest'))).toEqual(['a', undefined, 'b', undefined]);
  expect(fold.take()).toEqual([]);
  now = MINUTE;
  expect(fold.take()).toMatchObject([{ denial: 'a', others: 2 }]);
  expect(fold.take(true)).toEqual([]);
  expect(fold.add('a', 'a', 'rest')).toBe('a');
});

it('counts too many kinds together', () => {
  const fold = new DenialFold<string>(3, MINUTE, () => 0);
  const written = Array.from({ length: 10_000 }, (_, n) => fold.add(String(n), String(n), 'rest')).filter(Boolean);
  expect(written).toEqual(['0', '1', '2', 'rest']);
  expect(fold.take(true)).toMatchObject([{ denial: 'rest', others: 9_996 }]);
});
