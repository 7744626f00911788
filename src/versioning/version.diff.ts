import { compareJson, type Json, type JsonComparison, type JsonObject } from '#snapshot';
import { impactOf, worstImpact, type Impact } from './change-impact.ts';
import { withoutServerSet } from './content-type.hasher.ts';

/** One change; `path` is a JSON Pointer (RFC 6901) in which elements of lists go by their name, see compareJson. */
export interface VersionChange {
  path: string;
  change: 'added' | 'removed' | 'modified';
  before?: Json;
  after?: Json;
  impact: Impact;
}

/** What was added, removed and modified between two versions of a content type, and what that means. */
export class VersionDiff {
  /** The worst of all changes. */
  readonly impact: Impact | 'none';

  private constructor(readonly changes: VersionChange[]) {
    this.impact = worstImpact(changes);
  }

  /** `null` is a type that does not exist. Without changes exactly when both sides have the same version hash. */
  static between(before: JsonObject | null, after: JsonObject | null): VersionDiff {
    const { added, removed, modified } = compare(before, after);
    const changes: Omit<VersionChange, 'impact'>[] = [
      ...added.map(({ path, value }) => ({ path, change: 'added' as const, after: value })),
      ...removed.map(({ path, value }) => ({ path, change: 'removed' as const, before: value })),
      ...modified.map((pair) => ({ ...pair, change: 'modified' as const })),
    ];
    changes.sort((a, b) => (a.path < b.path ? -1 : 1));
    return new VersionDiff(changes.map((change) => ({ ...change, impact: impactOf(change, before) })));
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
}

function compare(before: JsonObject | null, after: JsonObject | null): Omit<JsonComparison, 'unchanged'> {
  if (before && after) return compareJson(withoutServerSet(before), withoutServerSet(after));
  return {
    added: after ? [{ path: '', value: after }] : [],
    removed: before ? [{ path: '', value: before }] : [],
    modified: [],
  };
}
