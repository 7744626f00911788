import { hash } from 'node:crypto';
import { TimeSlice } from '#pace';
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
    const steps = growing(entries);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return new VersionTree(value);
    }
  }

  /** The same for any number of entries: gives way to other work. */
  static async inSlices(entries: Iterable<VersionTreeEntry>): Promise<VersionTree> {
    const slice = new TimeSlice();
    const steps = growing(entries);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return new VersionTree(value);
      if (slice.isOver) await slice.giveWay();
    }
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
type Steps = Generator<undefined, Node>;

/** Entries between two points at which one may pause. */
const RUN = 50;

// The words keep leaves and inner nodes apart (RFC 6962 does it by a byte), and JSON keeps kind and key apart.
const EMPTY: Inner = {
  hash: digest(['empty']),
  get halves(): [Node, Node] {
    return [EMPTY, EMPTY];
  },
};

function leafOf({ kind, typeKey, versionHash }: VersionTreeEntry): Leaf {
  return {
    hash: digest(['leaf', kind, typeKey, versionHash]),
    place: digest([kind, typeKey]),
    type: { kind, typeKey },
    versionHash,
  };
}

/** Stops wherever one may pause. */
function* growing(entries: Iterable<VersionTreeEntry>): Steps {
  const leaves = new Map<string, Leaf>();
  for (const entry of entries) {
    const leaf = leafOf(entry);
    if (leaves.has(leaf.place)) throw new Error(`The ${entry.kind} "${entry.typeKey}" is there twice: give it once.`);
    leaves.set(leaf.place, leaf);
    if (leaves.size % RUN === 0) yield;
  }
  return yield* build([...leaves.values()], 0);
}

/** A subtree with one leaf is that leaf, so the tree is as deep as its entries are hard to tell apart. */
function* build(leaves: Leaf[], depth: number): Steps {
  if (leaves.length < 2) return leaves[0] ?? EMPTY;
  if (leaves.length > RUN) yield;
  const parts: [Leaf[], Leaf[]] = [[], []];
  for (const leaf of leaves) parts[bit(leaf, depth)].push(leaf);
  const low: Node = yield* build(parts[0], depth + 1);
  const high: Node = yield* build(parts[1], depth + 1);
  return { hash: digest(['inner', low.hash, high.hash]), halves: [low, high] };
}

function halves(node: Node, depth: number): [Node, Node] {
  if (node.place === undefined) return node.halves;
  return bit(node, depth) === 0 ? [node, EMPTY] : [EMPTY, node];
}

function bit({ place }: Leaf, depth: number): 0 | 1 {
  return ((parseInt(place[depth >> 2]!, 16) >> (3 - (depth & 3))) & 1) as 0 | 1;
}

/** Of the canonical JSON: for texts that is what `JSON.stringify` writes. */
function digest(texts: string[]): string {
  return hash('sha256', JSON.stringify(texts));
}

function byKindAndKey(a: ItemRef, b: ItemRef): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.typeKey < b.typeKey ? -1 : 1;
}
