import { Injectable } from '@nestjs/common';
import limit from 'p-limit';
import { type ItemRef, PlatformRegistry, type Target } from '#platform';
import { comparable, type Definition, refKey, VersionDiff, VersionHistoryService } from '#versioning';
import { type DriftRule, DriftRules } from './drift-rules.ts';

/** An item whose content at a target is not what it should be. */
export interface DriftedItem extends ItemRef {
  /** The version that should stand there. */
  expectedHash: string;
  /** The version that stands there; null when nothing does. */
  heldHash: string | null;
}

/** Of more changed places only their number is told: the memory of a comparison stays bounded. */
const MAX_PATHS = 200;
const COMPARED = { changes: MAX_PATHS, characters: Infinity };
/** Items whose definitions are in memory at a time: each may have 10 MB. */
const COMPARED_AT_ONCE = 20;
const MAX_REMEMBERED = 1_000;

/** Tells which drift is expected by the rules of a target. */
@Injectable()
export class AcceptedDrift {
  /** The changed places between two versions, which never change; undefined for too many. */
  private readonly remembered = new Map<string, string[] | undefined>();
  /** However many ask: each part holds definitions. */
  private readonly turns = limit(1);

  constructor(
    private readonly rules: DriftRules,
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** The ids of the rules that together expect everything that differs, by `refKey`; without items whose drift is not expected. */
  async of(target: Target, items: DriftedItem[]): Promise<Map<string, string[]>> {
    const accepted = new Map<string, string[]>();
    if (items.length === 0) return accepted;
    const rules = await this.rules.inForce(target);
    const meant = items.flatMap((item) => {
      const own = rules.filter((rule) => concerns(rule, item));
      return own.length > 0 ? [{ item, own }] : [];
    });
    for (let from = 0; from < meant.length; from += COMPARED_AT_ONCE) {
      const part = meant.slice(from, from + COMPARED_AT_ONCE);
      const drifted = part.map(({ item }) => item);
      const changed = await this.turns(() => this.changedPaths(target.platform, drifted));
      for (const { item, own } of part) {
        const ids = acceptedBy(own, changed.get(refKey(item)));
        if (ids) accepted.set(refKey(item), ids);
      }
    }
    return accepted;
  }

  private async changedPaths(platform: string, items: DriftedItem[]): Promise<Map<string, string[] | undefined>> {
    const keyOf = (item: DriftedItem) =>
      JSON.stringify([platform, item.kind, item.typeKey, item.expectedHash, item.heldHash]);
    // Of this answer: what is remembered meanwhile may push out what it needs.
    const paths = new Map(items.map((item) => [refKey(item), this.remembered.get(keyOf(item))]));
    const unknown = items.filter((item) => item.heldHash !== null && !this.remembered.has(keyOf(item)));
    if (unknown.length === 0) return paths;
    const named = unknown.flatMap(({ kind, typeKey, expectedHash, heldHash }) => [
      { kind, typeKey, versionHash: expectedHash },
      { kind, typeKey, versionHash: heldHash! },
    ]);
    const found = await this.versions.definitions(await this.versions.byHashes(platform, named));
    const definitions = new Map(found.map((one) => [refKey(one) + one.versionHash, one]));
    for (const item of unknown) {
      const before = definitions.get(refKey(item) + item.expectedHash);
      const after = definitions.get(refKey(item) + item.heldHash);
      if (!before || !after) continue;
      const found = await this.pathsBetween(before, after);
      paths.set(refKey(item), found);
      this.remember(keyOf(item), found);
    }
    return paths;
  }

  private async pathsBetween(before: Definition, after: Definition): Promise<string[] | undefined> {
    const [expected, held] = comparable(this.platforms, before, after);
    const diff = await VersionDiff.inSlices(expected, held, COMPARED, this.platforms.model(before.platform));
    return diff.omitted > 0 ? undefined : diff.changes.map(({ path }) => path);
  }

  private remember(key: string, paths: string[] | undefined): void {
    const [oldest] = this.remembered.keys();
    if (oldest !== undefined && this.remembered.size >= MAX_REMEMBERED) this.remembered.delete(oldest);
    this.remembered.set(key, paths);
  }
}

function concerns({ kind, typeKey }: DriftRule, item: ItemRef): boolean {
  return kind === item.kind && (typeKey === null || typeKey === item.typeKey);
}

/** The rules that it takes; undefined where they do not expect everything. Without paths only the whole item can be expected. */
function acceptedBy(rules: DriftRule[], paths: string[] | undefined): string[] | undefined {
  const whole = rules.find(({ ignore }) => ignore.includes(''));
  if (whole) return [whole.id];
  if (!paths) return undefined;
  const needed = paths.map((path) => rules.find(({ ignore }) => ignore.some((ignored) => isAtOrBelow(path, ignored))));
  if (needed.some((rule) => rule === undefined)) return undefined;
  return [...new Set(needed.map((rule) => rule!.id))];
}

function isAtOrBelow(path: string, ignored: string): boolean {
  return path === ignored || path.startsWith(`${ignored}/`);
}
