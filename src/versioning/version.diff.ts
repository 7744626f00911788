import {
  type ComparisonLimits,
  ComparisonRoom,
  type Difference,
  differenceLine,
  differences,
  type Json,
  type JsonObject,
  SHOWN,
} from '#json';
import { DEFAULT_MODEL, type Impact, type PlatformModel, type PlatformRegistry } from '#platform';
import { inSlices } from '#snapshot';
import { withoutServerSet } from './content-type.hasher.ts';
import { worstImpact } from './impact.ts';
import type { Definition } from './version-history.service.ts';

/** One change; `path` is a JSON Pointer (RFC 6901) in which elements of lists go by their name, see compareJson. */
export interface VersionChange {
  path: string;
  change: 'added' | 'removed' | 'modified';
  before?: Json;
  after?: Json;
  impact: Impact;
}

const EVERYTHING: ComparisonLimits = { changes: Infinity, characters: Infinity };

/** What was added, removed and modified between two versions of a content type, and what that means. */
export class VersionDiff {
  readonly changes: VersionChange[] = [];
  /** Changes that are not among `changes`, because they are too many or too large. */
  omitted = 0;
  private readonly impacts = new Set<Impact>();
  private readonly room: ComparisonRoom;

  private constructor(
    limits: ComparisonLimits,
    private readonly model: PlatformModel,
  ) {
    this.room = new ComparisonRoom(limits);
  }

  /** `null` is a type that does not exist. Without changes exactly when both sides have the same version hash. */
  static between(before: JsonObject | null, after: JsonObject | null, model = DEFAULT_MODEL): VersionDiff {
    const diff = new VersionDiff(EVERYTHING, model);
    for (const difference of versionDifferences(before, after, model)) if (difference) diff.add(difference, before);
    return diff.sorted();
  }

  /** The same for definitions of any size: gives way to other work, and holds no more than the limits say. */
  static async inSlices(
    before: JsonObject | null,
    after: JsonObject | null,
    limits: ComparisonLimits = SHOWN,
    model = DEFAULT_MODEL,
  ): Promise<VersionDiff> {
    const diff = new VersionDiff(limits, model);
    for await (const difference of inSlices(versionDifferences(before, after, model))) diff.add(difference, before);
    return diff.sorted();
  }

  /** Every change, piece by piece: each is a JSON object in a line of its own. */
  static *lines(before: JsonObject | null, after: JsonObject | null, model = DEFAULT_MODEL): Generator<string, void> {
    for (const difference of versionDifferences(before, after, model)) {
      if (difference) yield* differenceLine(difference, { impact: impactOf(difference, before, model) });
      else yield '';
    }
  }

  /** How many places changed. */
  get count(): number {
    return this.changes.length + this.omitted;
  }

  /** The worst of all changes. */
  get impact(): Impact | 'none' {
    return worstImpact(Array.from(this.impacts, (impact) => ({ impact })));
  }

  get added(): VersionChange[] {
    return this.changes.filter(({ change }) => change === 'added');
  }

  get removed(): VersionChange[] {
    return this.changes.filter(({ change }) => change === 'removed');
  }

  get modified(): VersionChange[] {
    return this.changes.filter(({ change }) => change === 'modified');
  }

  private add(difference: Difference, before: JsonObject | null): void {
    const { place, ...change } = difference;
    const impact = impactOf(difference, before, this.model);
    this.impacts.add(impact);
    if (this.room.has(difference)) this.changes.push({ ...change, path: place.path, impact });
    else this.omitted += 1;
  }

  private sorted(): this {
    this.changes.sort((a, b) => (a.path < b.path ? -1 : 1));
    return this;
  }
}

/**
 * Two versions of an item in a form in which they can be compared. Where one of them was read from the platform, both are
 * as the platform would give them back: defaults that it fills in, or leaves out, are no change.
 */
export function comparable(
  platforms: PlatformRegistry,
  before: Definition,
  after: Definition,
): [before: JsonObject, after: JsonObject] {
  const wasRead = before.origin === 'OBSERVED' || after.origin === 'OBSERVED';
  const form = ({ platform, kind, definition }: Definition) =>
    wasRead ? platforms.asHeld(platform, kind, definition) : definition;
  return [form(before), form(after)];
}

function impactOf({ place, ...change }: Difference, before: JsonObject | null, model: PlatformModel): Impact {
  return model.impactOf({ ...change, names: place.names }, before);
}

function versionDifferences(
  before: JsonObject | null,
  after: JsonObject | null,
  { serverSet, elementKeys }: PlatformModel,
): Generator<Difference | undefined, void> {
  // What there is on one side alone is whole, with what a server set.
  const compared = (side: JsonObject) => (before && after ? withoutServerSet(side, serverSet) : side);
  const sides = [before, after].map((side) => (side ? compared(side) : undefined));
  return differences(sides[0], sides[1], { unchanged: 0 }, elementKeys);
}
