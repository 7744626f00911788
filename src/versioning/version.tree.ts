import { canonicalDigest } from '#json';
import type { ItemRef } from '#platform';

export interface VersionTreeEntry extends ItemRef {
  versionHash: string;
}

/** A type whose version differs; `null` where the tree does not have the type. */
export interface VersionTreeDifference extends ItemRef {
  before: string | null;
  after: string | null;
}

/**
 * A Merkle tree over the catalogue of one platform. A type's place is given by the bits of the SHA-256 of its kind and key, so that
 * it never depends on what else there is: a subtree with the same entries has the same hash in every tree.
 */
export class VersionTree {
  private constructor(private readonly top: Node) {}

  /** Throws if two entries share kind and key. */
  static of(entries: Iterable<VersionTreeEntry>): VersionTree {
    const leaves = new Map<string, Leaf>();
    for (const entry of entries) {
      const leaf = leafOf(entry);
      if (leaves.has(leaf.place)) throw new Error(`The ${entry.kind} "${entry.typeKey}" is there twice: give it once.`);
      leaves.set(leaf.place, leaf);
    }
    return new VersionTree(build([...leaves.values()], 0));
  }

  /** Names one exact state of the model, whatever the order of the entries: SHA-256, 64 hexadecimal digits. */
  get root(): string {
    return this.top.hash;
  }

  /** The types that differ, by kind and key, with this tree as `before`. Descends only where hashes differ. */
  differences(other: VersionTree): VersionTreeDifference[] {
    const found: VersionTreeDifference[] = [];
    const compare = (before: Node, after: Node, depth: number) => {
      if (before.hash === after.hash) return;
      if (before.place !== undefined && before.place === after.place) {
        found.push({ ...before.type, before: before.versionHash, after: after.versionHash });
      } else if (before === EMPTY && after.place !== undefined) {
        found.push({ ...after.type, before: null, after: after.versionHash });
      } else if (before.place !== undefined && after === EMPTY) {
        found.push({ ...before.type, before: before.versionHash, after: null });
      } else {
        const [lowBefore, highBefore] = halves(before, depth);
        const [lowAfter, highAfter] = halves(after, depth);
        compare(lowBefore, lowAfter, depth + 1);
        compare(highBefore, highAfter, depth + 1);
      }
    };
    compare(this.top, other.top, 0);
    return found.sort(byKindAndKey);
  }
}

interface Leaf {
  hash: string;
  /** SHA-256 of kind and key, hexadecimal: its bits lead from the top to the leaf. */
  place: string;
  type: ItemRef;
  versionHash: string;
}

interface Inner {
  hash: string;
  place?: undefined;
  halves: [Node, Node];
}

type Node = Leaf | Inner;

// The words keep leaves and inner nodes apart (RFC 6962 does it by a byte), and JSON keeps kind and key apart.
const EMPTY: Inner = {
  hash: canonicalDigest(['empty']),
  get halves(): [Node, Node] {
    return [EMPTY, EMPTY];
  },
};

function leafOf({ kind, typeKey, versionHash }: VersionTreeEntry): Leaf {
  return {
    hash: canonicalDigest(['leaf', kind, typeKey, versionHash]),
    place: canonicalDigest([kind, typeKey]),
    type: { kind, typeKey },
    versionHash,
  };
}

/** A subtree with one leaf is that leaf, so the tree is as deep as its entries are hard to tell apart. */
function build(leaves: Leaf[], depth: number): Node {
  if (leaves.length < 2) return leaves[0] ?? EMPTY;
  const low = build(
    leaves.filter((leaf) => bit(leaf, depth) === 0),
    depth + 1,
  );
  const high = build(
    leaves.filter((leaf) => bit(leaf, depth) === 1),
    depth + 1,
  );
  return { hash: canonicalDigest(['inner', low.hash, high.hash]), halves: [low, high] };
}

function halves(node: Node, depth: number): [Node, Node] {
  if (node.place === undefined) return node.halves;
  return bit(node, depth) === 0 ? [node, EMPTY] : [EMPTY, node];
}

function bit({ place }: Leaf, depth: number): number {
  return (parseInt(place[depth >> 2]!, 16) >> (3 - (depth & 3))) & 1;
}

function byKindAndKey(a: ItemRef, b: ItemRef): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.typeKey < b.typeKey ? -1 : 1;
}
