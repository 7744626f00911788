import { type ComparisonLimits, ComparisonRoom, type Difference, differences, ELEMENT_KEYS, type Json } from '#json';
import { TimeSlice } from '#pace';

export interface PathValue {
  path: string;
  value: Json;
}

export interface PathChange {
  path: string;
  before: Json;
  after: Json;
}

/** Each list is in the order of its paths; `unchanged` counts the leaves that are the same. */
export interface JsonComparison {
  added: PathValue[];
  modified: PathChange[];
  removed: PathValue[];
  unchanged: number;
}

/** A comparison as far as it is shown; `omitted` counts the changes that are not. */
export interface ShownComparison extends JsonComparison {
  omitted: number;
}

const EVERYTHING: ComparisonLimits = { changes: Infinity, characters: Infinity };

/**
 * What differs between two JSON values, by JSON Pointer (RFC 6901); what only one side has is one entry, however deep.
 * Elements of a list that are told apart by name, being distinct strings or numbers, or objects with a distinct `key`,
 * `name` or `value`, are matched by it, and it stands in the path in place of the index. If those that stay have
 * changed their order, the list itself is `modified`, and only then are both its sides lists.
 */
export function compareJson(before: Json, after: Json): JsonComparison {
  const counts = { unchanged: 0 };
  const result = new Shown(EVERYTHING);
  for (const difference of differences(before, after, counts)) if (difference) result.add(difference);
  const { omitted: _none, ...comparison } = result.withCount(counts.unchanged);
  return comparison;
}

/**
 * The same for values of any size: gives way to other work, and holds no more than the limits say. `elementKeys` are the
 * members that name an element of a list.
 */
export async function compareInSlices(
  before: Json | undefined,
  after: Json,
  limits: ComparisonLimits = EVERYTHING,
  elementKeys = ELEMENT_KEYS,
): Promise<ShownComparison> {
  const counts = { unchanged: 0 };
  const result = new Shown(limits);
  for await (const difference of inSlices(differences(before, after, counts, elementKeys))) result.add(difference);
  return result.withCount(counts.unchanged);
}

/** What a generator finds, with pauses for other work. */
export async function* inSlices<T>(steps: Iterable<T | undefined>): AsyncGenerator<T, void> {
  const slice = new TimeSlice();
  for (const found of steps) {
    if (found !== undefined) yield found;
    if (slice.isOver) await slice.giveWay();
  }
}

class Shown {
  private readonly added: PathValue[] = [];
  private readonly modified: PathChange[] = [];
  private readonly removed: PathValue[] = [];
  private omitted = 0;
  private readonly room: ComparisonRoom;

  constructor(limits: ComparisonLimits) {
    this.room = new ComparisonRoom(limits);
  }

  add(difference: Difference): void {
    if (!this.room.has(difference)) {
      this.omitted += 1;
      return;
    }
    const { change, place, before, after } = difference;
    if (change === 'added') this.added.push({ path: place.path, value: after! });
    else if (change === 'removed') this.removed.push({ path: place.path, value: before! });
    else this.modified.push({ path: place.path, before: before!, after: after! });
  }

  withCount(unchanged: number): ShownComparison {
    const { added, modified, removed, omitted } = this;
    for (const list of [added, modified, removed]) list.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { added, modified, removed, unchanged, omitted };
  }
}
