import * as fc from 'fast-check';
import { referenceOrder } from '../../src/plan/reference-order.ts';

const graphs = fc
  .array(fc.array(fc.nat(11), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
  .map((lists) => new Map(lists.map((refs, index) => [String(index), refs.map(String)])));

/** The keys that a key refers to by way of others, and at once. */
function reachedFrom(references: Map<string, string[]>, key: string): string[] {
  const seen = new Set<string>();
  const open = (references.get(key) ?? []).filter((ref) => ref !== key);
  for (const ref of open) {
    if (seen.has(ref)) continue;
    seen.add(ref);
    open.push(...(references.get(ref) ?? []));
  }
  return [...seen];
}

/** Whether a key refers to itself by way of others. */
function isInCircle(references: Map<string, string[]>, key: string): boolean {
  return reachedFrom(references, key).includes(key);
}

it('names each key once, in groups that refer only to those before them, and a group of several is a whole circle', () => {
  fc.assert(
    fc.property(graphs, (references) => {
      const order = referenceOrder(references);
      expect(order.flat().toSorted()).toEqual([...references.keys()].toSorted());
      const places = new Map(order.flatMap((group, index) => group.map((key) => [key, index] as const)));
      for (const [key, refs] of references) {
        const place = places.get(key)!;
        const group = order[place]!;
        for (const ref of refs.filter((one) => references.has(one))) expect(places.get(ref)).toBeLessThanOrEqual(place);
        expect(group.length > 1).toBe(isInCircle(references, key));
        expect(reachedFrom(references, key)).toEqual(expect.arrayContaining(group.length > 1 ? group : []));
      }
    }),
  );
});

it('leaves in their order what may come in any', () => {
  expect(referenceOrder(new Map([...'cab'].map((key) => [key, []])))).toEqual([['c'], ['a'], ['b']]);
});

it('orders 10,000 keys in a chain, and in a circle', () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => String(index));
  const references = new Map(keys.map((key, index) => [key, index + 1 < keys.length ? [keys[index + 1]!] : []]));
  expect(referenceOrder(references).flat()).toEqual(keys.toReversed());
  expect(referenceOrder(references.set('9999', ['0']))).toEqual([keys]);
});
