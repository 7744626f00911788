import { assert, asyncProperty, integer, nat, uniqueArray } from 'fast-check';
import { InvalidCursorError, pageOf, type PageStart } from '#http';
import { readBothWays } from '../support/pages.ts';

const LIST = { keyOf: String, isKey: (key: string) => /^\d+$/.test(key) };

/** A list of numbers, in descending order. */
const listOf = (numbers: number[]) => async (start: PageStart | undefined, count: number) => {
  const descending = numbers.toSorted((a, b) => b - a);
  if (!start) return Promise.resolve(descending.slice(0, count));
  const key = Number(start.key);
  const beyond =
    start.direction === 'next'
      ? descending.filter((number) => number < key)
      : descending.filter((number) => number > key).toReversed();
  return Promise.resolve(beyond.slice(0, count));
};

describe('pages', () => {
  it('bring each item once, and the same on the way back', () =>
    assert(
      asyncProperty(uniqueArray(nat()), integer({ min: 1, max: 7 }), async (numbers, limit) => {
        const find = listOf(numbers);
        const seen = await readBothWays((cursor) => pageOf({ limit, cursor }, { ...LIST, find }));
        expect(seen).toEqual(numbers.toSorted((a, b) => b - a));
      }),
    ));

  it('go on where they were when something was added or taken away meanwhile', async () => {
    const before = await pageOf({ limit: 2 }, { ...LIST, find: listOf([9, 7, 5, 3]) });
    const after = await pageOf({ limit: 2, cursor: before.next! }, { ...LIST, find: listOf([11, 9, 3, 1]) });
    expect(after.items).toEqual([3, 1]);
    expect((await pageOf({ limit: 2, cursor: after.prev! }, { ...LIST, find: listOf([11, 9]) })).items).toEqual([
      11, 9,
    ]);
  });

  it.each(['', 'x', 'bnVsbA', 'W10', encode(['sideways', '1']), encode(['next', 1]), encode(['next', 'x'])])(
    'are refused for %j, which is no cursor of theirs',
    async (cursor) => {
      await expect(pageOf({ limit: 2, cursor }, { ...LIST, find: listOf([1]) })).rejects.toThrow(InvalidCursorError);
    },
  );
});

function encode(parts: unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}
