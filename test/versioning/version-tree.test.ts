import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { VersionTree, type VersionTreeDifference, type VersionTreeEntry } from '../../src/versioning/version.tree.ts';
import { oddKey } from '../support/arbitrary-json.ts';

const entry = (typeKey: string, versionHash = '1', kind = 'contentType'): VersionTreeEntry => ({
  kind,
  typeKey,
  versionHash,
});
const sorted = (all: VersionTreeEntry[]) => all.map((one) => JSON.stringify(one)).sort();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const identity = ({ kind, typeKey }: { kind: string; typeKey: string }) => JSON.stringify([kind, typeKey]);

const entries = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom('contentType', 'propertyGroup', 'constructor'),
    typeKey: oddKey,
    versionHash: fc.constantFrom('1', '2', '3'),
  }),
  { selector: identity, maxLength: 40 },
);

describe('the root', () => {
  it('is the same for the same entries in any order', () => {
    const shuffled = entries.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(VersionTree.of(other).root).toBe(VersionTree.of(all).root);
      }),
    );
  });

  it('is the same for two catalogues only if they are', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(VersionTree.of(a).root === VersionTree.of(b).root).toBe(same);
      }),
    );
  });

  it('keeps kind and key apart', () => {
    const pairs = [entry('b/c', '1', 'a'), entry('c', '1', 'a/b'), entry('', '1', 'ab/c'), entry('a","b', '1', 'c')];
    expect(new Set(pairs.map((one) => VersionTree.of([one]).root)).size).toBe(pairs.length);
  });

  it('can be recomputed by anybody: leaves and inner nodes are hashes of canonical JSON that say which they are', () => {
    const leaf = (typeKey: string) => sha256(`["leaf","contentType","${typeKey}","1"]`);
    const inner = (low: string, high: string) => sha256(`["inner","${low}","${high}"]`);
    const empty = sha256('["empty"]');
    expect(VersionTree.of([]).root).toBe(empty);
    expect(VersionTree.of([entry('A')]).root).toBe(leaf('A'));
    // The first bits of the place of C are 01, of D 10, of A 11.
    const places = ['C', 'D', 'A'].map((key) => sha256(`["contentType","${key}"]`).slice(0, 1));
    expect(places).toEqual(['7', 'b', 'f']);
    const { root } = VersionTree.of([entry('A'), entry('C'), entry('D')]);
    expect(root).toBe(inner(leaf('C'), inner(leaf('D'), leaf('A'))));
  });

  it('is refused to a catalogue that has a type twice', () => {
    expect(() => VersionTree.of([entry('A'), entry('B'), entry('A', '2')])).toThrow('contentType "A" is there twice');
  });
});

describe('the differences of two trees', () => {
  it('are those that a full comparison finds, by kind and key', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        expect(VersionTree.of(before).differences(VersionTree.of(after))).toEqual(fullComparison(before, after));
      }),
    );
  });

  const thousands = Array.from({ length: 10_000 }, (_, index) => entry(`Type${index}`));
  it.each([
    ['another version of one type', thousands.with(77, entry('Type77', '2'))],
    ['a new type', [...thousands, entry('New')]],
    ['a type less', thousands.toSpliced(4_711, 1)],
  ])('are found among 10,000 types without comparing all: %s', (_, changed) => {
    const before = VersionTree.of(thousands);
    const after = VersionTree.of(changed);
    const reads = countHashReads(before, after);
    expect(before.differences(after)).toEqual(fullComparison(thousands, changed));
    expect(reads()).toBeGreaterThan(0);
    expect(reads()).toBeLessThan(150); // 2 trees · 2 halves · about 14 levels, and some for an unlucky place
  });
});

function fullComparison(before: VersionTreeEntry[], after: VersionTreeEntry[]): VersionTreeDifference[] {
  const was = new Map(before.map((one) => [identity(one), one.versionHash]));
  const is = new Map(after.map((one) => [identity(one), one.versionHash]));
  return [...new Map([...before, ...after].map((one) => [identity(one), one])).values()]
    .map(({ kind, typeKey }) => {
      const key = identity({ kind, typeKey });
      return { kind, typeKey, before: was.get(key) ?? null, after: is.get(key) ?? null };
    })
    .filter((difference) => difference.before !== difference.after)
    .sort((a, b) => (a.kind === b.kind ? (a.typeKey < b.typeKey ? -1 : 1) : a.kind < b.kind ? -1 : 1));
}

/** Makes every node of the trees count how often its hash is read; a walk reads two for each place it visits. */
function countHashReads(...trees: VersionTree[]): () => number {
  let reads = 0;
  const seen = new Set<object>();
  const open = trees.map((tree) => tree['top']);
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.place === undefined) open.push(...node.halves);
    const { hash } = node;
    Object.defineProperty(node, 'hash', { configurable: true, get: () => (reads++, hash) });
  }
  return () => reads;
}
