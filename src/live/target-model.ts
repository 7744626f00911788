import { Injectable } from '@nestjs/common';
import { AcceptedDrift } from '#drift';
import { type ItemRef, PlatformRegistry, type Target } from '#platform';
import { InvalidRequestError } from '#validation';
import {
  Catalogue,
  comparable,
  type ContentTypeVersion,
  type Definition,
  refKey,
  VersionDiff,
  VersionHistoryService,
  VersionTree,
} from '#versioning';
import { itemKey, type LiveItem } from './live.fold.ts';
import { LiveReader, type PastState } from './live.reader.ts';
import type { LiveState } from './live-state.ts';
import { driftedItem, isUnwanted } from './out-of-sync.ts';

/** An item of a target, with the number of its version. */
export type ModelItem = LiveItem &
  PastState & {
    number: number | null;
    drift: boolean;
    /** The drift rules that expect all of the drift; empty where they do not, or there is none. */
    acceptedBy: string[];
  };

/** One side of a comparison: a target at a time, or the catalogue. */
type Side = Map<string, ItemRef & Pick<ModelItem, 'state' | 'versionHash' | 'number'>>;

export interface ComparedItem extends ItemRef {
  result: 'same' | 'different' | 'only-here' | 'only-there' | 'unknown';
  here: Pick<ModelItem, 'state' | 'versionHash' | 'number'> | null;
  there: Pick<ModelItem, 'state' | 'versionHash' | 'number'> | null;
  impact: VersionDiff['impact'] | null;
  changes: number | null;
}

/** A target at a time; now by default. */
export interface TargetAt extends Target {
  at?: Date;
}

/** With what a target is compared: another environment, another time, or the latest versions of the catalogue. */
export interface OtherSide {
  environment?: string;
  at?: Date;
  catalogue?: boolean;
}

/** What differs; the items that are the same are counted only. */
export interface Comparison {
  same: number;
  different: number;
  onlyHere: number;
  onlyThere: number;
  unknown: number;
  items: ComparedItem[];
}

/** A comparison tells how many values change, and what that means. */
const COUNTED = { changes: 0, characters: 0 };
/** Items whose definitions are in memory at a time: each may have 10 MB. */
const COMPARED_AT_ONCE = 20;

/** The whole model of a target as it stands, or stood at a time. */
@Injectable()
export class TargetModel {
  constructor(
    private readonly live: LiveReader,
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
    private readonly acceptedDrift: AcceptedDrift,
    private readonly catalogue: Catalogue,
  ) {}

  /** The items of a target, by kind and key. */
  async items(target: Target, at?: Date): Promise<ModelItem[]> {
    const states: (LiveItem & (PastState | LiveState))[] = at
      ? await this.live.at(target, at)
      : await this.live.ofTarget(target);
    return this.numbered(target.platform, states);
  }

  /** The states of an item at all targets of its platform. */
  async where(type: ItemRef & { platform: string }): Promise<ModelItem[]> {
    return this.numbered(type.platform, await this.live.where(type));
  }

  /** The root hash over what is present; null when the state of an item is not known. */
  root(items: ModelItem[]): string | null {
    const present = items.filter(({ state }) => state !== 'ABSENT');
    if (present.some(({ versionHash }) => versionHash === null)) return null;
    return VersionTree.of(present.map((item) => ({ ...item, versionHash: item.versionHash! }))).root;
  }

  /** What differs from a target to another side. Throws `InvalidRequestError` when that is no other side. */
  async compare({ at, ...target }: TargetAt, other: OtherSide): Promise<Comparison> {
    const { platform } = target;
    if (other.catalogue && (other.environment ?? other.at)) {
      throw InvalidRequestError.of('catalogue', 'must not be combined with otherEnvironment or otherAt', 'CONFLICT');
    }
    if (!other.catalogue && !other.environment && !other.at && !at) {
      throw InvalidRequestError.of('otherEnvironment', 'must be given, or otherAt, at, or catalogue', 'MISSING');
    }
    const here = sideOfItems(await this.items(target, at));
    const there = other.catalogue
      ? await this.latestVersions(platform)
      : sideOfItems(await this.items({ platform, environment: other.environment ?? target.environment }, other.at));
    const compared = await this.compareSides(platform, here, there);
    const count = (wanted: ComparedItem['result']) => compared.filter(({ result }) => result === wanted).length;
    return {
      same: count('same'),
      different: count('different'),
      onlyHere: count('only-here'),
      onlyThere: count('only-there'),
      unknown: count('unknown'),
      items: compared.filter(({ result }) => result !== 'same'),
    };
  }

  private async latestVersions(platform: string): Promise<Side> {
    const latest = await this.versions.catalogue(platform);
    return new Map(latest.map((version) => [refKey(version), { ...version, state: 'PRESENT' as const }]));
  }

  /** Items that neither side has are left out. */
  private async compareSides(platform: string, here: Side, there: Side): Promise<ComparedItem[]> {
    const compared = [...new Set([...here.keys(), ...there.keys()])]
      .filter((key) => mayHave(here.get(key)) || mayHave(there.get(key)))
      .sort()
      .map((key) => comparedItem(here.get(key), there.get(key)));
    const different = compared.filter(({ result }) => result === 'different');
    for (let from = 0; from < different.length; from += COMPARED_AT_ONCE) {
      await this.tellChanges(platform, different.slice(from, from + COMPARED_AT_ONCE));
    }
    return compared;
  }

  private async tellChanges(platform: string, different: ComparedItem[]): Promise<void> {
    const sides = different.flatMap(({ kind, typeKey, here, there }) => [
      { kind, typeKey, versionHash: here!.versionHash },
      { kind, typeKey, versionHash: there!.versionHash },
    ]);
    const definitions = await this.definitions(platform, sides);
    const model = this.platforms.model(platform);
    for (const item of different) {
      const before = definitions.get(versionKey({ ...item, versionHash: item.here!.versionHash }));
      const after = definitions.get(versionKey({ ...item, versionHash: item.there!.versionHash }));
      if (!before || !after) continue;
      const diff = await VersionDiff.inSlices(...comparable(this.platforms, before, after), COUNTED, model);
      Object.assign(item, { impact: diff.impact, changes: diff.count });
    }
  }

  private async numbered(platform: string, states: (LiveItem & (PastState | LiveState))[]): Promise<ModelItem[]> {
    const numbers = new Map((await this.byHash(platform, states)).map((found) => [versionKey(found), found.number]));
    const retired = await this.catalogue.retired(platform);
    const drifted = states.filter(
      (state): state is LiveItem & LiveState => 'putHash' in state && isUnwanted(state, retired.has(refKey(state))),
    );
    const accepted = await this.accepted(drifted);
    const drift = new Set(drifted.map(itemKey));
    return states.map((state) => ({
      ...state,
      number: numbers.get(versionKey(state)) ?? null,
      drift: drift.has(itemKey(state)),
      acceptedBy: accepted.get(itemKey(state)) ?? [],
    }));
  }

  /** The rules that expect the drift of items, by `itemKey`. */
  private async accepted(drifted: (LiveItem & LiveState)[]): Promise<Map<string, string[]>> {
    const accepted = new Map<string, string[]>();
    for (const [, items] of Map.groupBy(drifted, ({ environment }) => environment)) {
      const { platform, environment } = items[0]!;
      const rules = await this.acceptedDrift.of({ platform, environment }, items.map(driftedItem));
      for (const item of items) accepted.set(itemKey(item), rules.get(refKey(item)) ?? []);
    }
    return accepted;
  }

  private async definitions(
    platform: string,
    items: (ItemRef & { versionHash: string | null })[],
  ): Promise<Map<string, Definition>> {
    const found = await this.versions.definitions(await this.byHash(platform, items));
    return new Map(found.map((definition) => [versionKey(definition), definition]));
  }

  private byHash(platform: string, items: (ItemRef & { versionHash: string | null })[]): Promise<ContentTypeVersion[]> {
    const named = items.flatMap(({ kind, typeKey, versionHash }) =>
      versionHash ? [{ kind, typeKey, versionHash }] : [],
    );
    return this.versions.byHashes(platform, named);
  }
}

function sideOfItems(items: ModelItem[]): Side {
  return new Map(items.map((item) => [refKey(item), item]));
}

/** Names a version of an item. */
export function versionKey({ kind, typeKey, versionHash }: ItemRef & { versionHash: string | null }): string {
  return JSON.stringify([kind, typeKey, versionHash]);
}

function mayHave(side: ReturnType<Side['get']>): boolean {
  return side !== undefined && side.state !== 'ABSENT';
}

/** Of two sides, at least one of which may have the item. */
function comparedItem(here: ReturnType<Side['get']>, there: ReturnType<Side['get']>): ComparedItem {
  const { kind, typeKey } = (here ?? there)!;
  const sides = { here: sideOf(here), there: sideOf(there) };
  const [isHere, isThere] = [here?.state === 'PRESENT', there?.state === 'PRESENT'];
  const isUnknown = here?.state === 'UNKNOWN' || there?.state === 'UNKNOWN';
  if (isUnknown) return { kind, typeKey, ...sides, result: 'unknown', impact: null, changes: null };
  if (isHere !== isThere) {
    return { kind, typeKey, ...sides, result: isHere ? 'only-here' : 'only-there', impact: null, changes: null };
  }
  const isSame = here!.versionHash === there!.versionHash;
  if (isSame) return { kind, typeKey, ...sides, result: 'same', impact: 'none', changes: 0 };
  return { kind, typeKey, ...sides, result: 'different', impact: null, changes: null };
}

function sideOf(side: ReturnType<Side['get']>): ComparedItem['here'] {
  return side ? { state: side.state, versionHash: side.versionHash, number: side.number } : null;
}
