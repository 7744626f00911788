import { Injectable } from '@nestjs/common';
import { canonicalDigest } from '#json';
import { isDrift, type LiveItem, LiveReader, type LiveState } from '#live';
import { type ItemRef, namedMembers, PlatformRegistry, type Target, unknownMembers } from '#platform';
import { ContentRedactedError, marksOf, type RedactedItem } from '#redaction';
import {
  Catalogue,
  comparable,
  type ContentTypeVersion,
  type Definition,
  refKey,
  VersionDiff,
  VersionHistoryService,
} from '#versioning';
import { type Draft, isBound, isSent, type PlannedItem } from './plan.ts';
import { CannotDeleteError, CircleTooLargeError, NothingToDeployError } from './plan.errors.ts';
import type { Wanted } from './plan-sources.ts';
import { referenceOrder } from './reference-order.ts';

export interface PlanOptions {
  /** Everything at the target has just been read: what the record does not know is not there. */
  isRead?: boolean;
  /** Deletes what the target has and the source does not. */
  deletes?: boolean;
  /** Tells what each item changes; true by default. */
  withChanges?: boolean;
}

type Live = Map<string, LiveItem & LiveState>;

/** An item with what it refers to. */
interface Considered {
  item: PlannedItem;
  references: ItemRef[];
}

/** A plan tells how many values change, and what that means. */
const COUNTED = { changes: 0, characters: 0 };
/** Items whose definitions are in memory at a time: each may have 10 MB. */
const PLANNED_AT_ONCE = 50;

/** Compares what a target is to have with what it has; it sends nothing. */
@Injectable()
export class Planner {
  constructor(
    private readonly live: LiveReader,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
  ) {}

  /** Throws {@link NothingToDeployError}, {@link CannotDeleteError}, {@link CircleTooLargeError}, `ContentRedactedError`, and what the look-ups throw. */
  async plan(target: Target, wanted: Wanted, options: PlanOptions = {}): Promise<Draft> {
    const { platform, environment } = target;
    const live = wanted.isWhole
      ? new Map((await this.live.ofTarget(target)).map((state) => [refKey(state), state]))
      : await this.live.of(target, [...wanted.versions, ...wanted.deleted]);
    const considered: Considered[] = [];
    for (let from = 0; from < wanted.versions.length; from += PLANNED_AT_ONCE) {
      const part = wanted.versions.slice(from, from + PLANNED_AT_ONCE);
      considered.push(...(await this.consider(part, live, wanted, options)));
    }
    const others = await this.others(target, wanted, live, options);
    const items = [...considered.map(({ item }) => item), ...others];
    if (!items.some(isBound)) {
      throw new NothingToDeployError(platform, items.filter(({ action }) => action === 'BUILT_IN').map(refOf));
    }
    await this.tellMissing(target, considered, live);
    const order = this.order(platform, considered, others);
    items.sort((a, b) => (refKey(a) < refKey(b) ? -1 : 1));
    return { platform, environment, items, order, digest: digestOf(target, items) };
  }

  private async consider(
    versions: ContentTypeVersion[],
    live: Live,
    { newer }: Wanted,
    { isRead = false, withChanges = true }: PlanOptions,
  ): Promise<Considered[]> {
    const { platform } = versions[0]!;
    const model = this.platforms.model(platform);
    const definitions = await this.versions.definitions(versions);
    const before = withChanges ? await this.before(platform, definitions, live) : new Map<string, Definition>();
    const considered: Considered[] = [];
    const marked: RedactedItem[] = [];
    for (const definition of definitions) {
      const { kind, typeKey, versionHash } = definition;
      const state = live.get(refKey(definition));
      const isBuiltIn = model.isBuiltIn?.(definition, definition.definition) ?? false;
      const item: PlannedItem = {
        ...plain(definition, state, isRead),
        action: isBuiltIn ? 'BUILT_IN' : actionFor(versionHash, state),
        versionHash: isBuiltIn ? null : versionHash,
        newer: newer.get(refKey(definition)) ?? null,
        ...unknownMembers(model, definition.definition, kind),
      };
      if (withChanges && !isBuiltIn) Object.assign(item, await this.changes(item, definition, before));
      // It differs in defaults only, which the platform leaves out.
      if (item.action === 'UPDATE' && item.changes === 0 && item.seen.state === 'PRESENT') item.action = 'UNCHANGED';
      // Without a plan, what stands there already is sent again.
      if (isSent(item) || (!withChanges && !isBuiltIn)) {
        const marks = await marksOf(definition.definition);
        if (marks.count > 0) marked.push({ kind, typeKey, ...marks });
      }
      considered.push({ item, references: isBuiltIn ? [] : referencesOf(model.references, definition, typeKey) });
    }
    if (marked.length > 0) throw new ContentRedactedError(marked);
    return considered;
  }

  /** The definitions that stand at the target and are replaced. */
  private async before(platform: string, definitions: Definition[], live: Live): Promise<Map<string, Definition>> {
    const replaced = definitions.flatMap(({ kind, typeKey, versionHash }) => {
      const held = live.get(refKey({ kind, typeKey }))?.versionHash ?? null;
      return held === null || held === versionHash ? [] : [{ kind, typeKey, versionHash: held }];
    });
    const found = await this.versions.definitions(await this.versions.byHashes(platform, replaced));
    return new Map(found.map((one) => [refKey(one), one]));
  }

  private async changes(
    { action, seen }: PlannedItem,
    planned: Definition,
    before: Map<string, Definition>,
  ): Promise<Pick<PlannedItem, 'impact' | 'changes'>> {
    if (action === 'UNCHANGED') return { impact: 'none', changes: 0 };
    const previous = before.get(refKey(planned));
    if (!previous && (seen.versionHash !== null || action !== 'CREATE')) return { impact: null, changes: null };
    const [old, now] = previous ? comparable(this.platforms, previous, planned) : [null, planned.definition];
    const diff = await VersionDiff.inSlices(old, now, COUNTED, this.platforms.model(planned.platform));
    return { impact: diff.impact, changes: diff.count };
  }

  /** What the target has and the source does not, and what is to be deleted. */
  private async others(
    target: Target,
    wanted: Wanted,
    live: Live,
    { deletes = false, isRead = false }: PlanOptions,
  ): Promise<PlannedItem[]> {
    const { platform } = target;
    const known = new Set(wanted.versions.map(refKey));
    const retired = await this.catalogue.retired(platform);
    const rest = wanted.isWhole
      ? [...live.values()].filter((state) => state.state !== 'ABSENT' && !known.has(refKey(state)))
      : wanted.deleted.flatMap((ref) => live.get(refKey(ref)) ?? []);
    const doomed = new Set((wanted.isWhole && deletes ? rest : wanted.deleted).map(refKey));
    if (doomed.size > 0 && !this.platforms.get(platform).remove) throw new CannotDeleteError(platform);
    return rest.map((state) => {
      const key = refKey(state);
      const isDeleted = doomed.has(key) && state.state !== 'ABSENT';
      const kept = retired.has(key) ? 'RETIRED' : 'KEPT';
      return {
        ...plain(state, state, isRead),
        action: isDeleted ? 'DELETE' : state.state === 'ABSENT' ? 'UNCHANGED' : kept,
        impact: isDeleted ? 'breaking' : 'none',
        newer: wanted.newer.get(key) ?? null,
      };
    });
  }

  private async tellMissing(target: Target, considered: Considered[], live: Live): Promise<void> {
    const sent = new Set(considered.filter(({ item }) => isSent(item)).map(({ item }) => refKey(item)));
    const open = new Map<string, ItemRef>();
    for (const { item, references } of considered) {
      if (!isSent(item)) continue;
      for (const ref of references) if (!sent.has(refKey(ref)) && !live.has(refKey(ref))) open.set(refKey(ref), ref);
    }
    const elsewhere = open.size > 0 ? await this.live.of(target, [...open.values()]) : new Map<string, LiveState>();
    const mayStand = (key: string) => (live.get(key) ?? elsewhere.get(key) ?? NOWHERE).state !== 'ABSENT';
    for (const { item, references } of considered) {
      if (!isSent(item)) continue;
      item.missingReferences = references.filter((ref) => !sent.has(refKey(ref)) && !mayStand(refKey(ref)));
    }
  }

  /** Throws {@link CircleTooLargeError}. */
  private order(platform: string, considered: Considered[], others: PlannedItem[]): string[][] {
    const { kinds = [], itemsPerCall = Infinity } = this.platforms.model(platform);
    const sent = considered
      .filter(({ item }) => isSent(item) || item.action === 'UNCHANGED')
      .sort((a, b) => kinds.indexOf(a.item.kind) - kinds.indexOf(b.item.kind));
    const references = new Map(sent.map(({ item, references: refs }) => [refKey(item), refs.map(refKey)]));
    const items = new Map(sent.map(({ item }) => [refKey(item), item]));
    const order = referenceOrder(references).flatMap((group) => {
      return group.length <= itemsPerCall ? [group] : cutCircle(group, { references, items, platform, itemsPerCall });
    });
    const circular = new Set(order.flatMap((group) => (group.length > 1 ? group : [])));
    for (const { item } of considered) item.inCircle = isSent(item) && circular.has(refKey(item));
    return [...order, ...others.filter(isSent).map((item) => [refKey(item)])];
  }
}

/**
 * A circle that no call takes, in an order that the platform accepts: what the target has already may be referred to at any
 * time. Throws {@link CircleTooLargeError} when too many of it are new to the target.
 */
function cutCircle(
  circle: string[],
  {
    references,
    items,
    platform,
    itemsPerCall,
  }: {
    references: Map<string, string[]>;
    items: Map<string, PlannedItem>;
    platform: string;
    itemsPerCall: number;
  },
): string[][] {
  const members = new Set(circle);
  const isNew = (key: string) => members.has(key) && items.get(key)!.seen.state !== 'PRESENT';
  const order = referenceOrder(new Map(circle.map((key) => [key, references.get(key)!.filter(isNew)])));
  const tooLarge = order.find((group) => group.length > itemsPerCall);
  if (tooLarge)
    throw new CircleTooLargeError(
      platform,
      tooLarge.map((key) => items.get(key)!),
      itemsPerCall,
    );
  return order;
}

const NOWHERE = { state: 'ABSENT' };

function refOf({ kind, typeKey }: ItemRef): ItemRef {
  return { kind, typeKey };
}

function plain(
  { kind, typeKey }: ItemRef,
  live: LiveState | undefined,
  isRead: boolean,
): Omit<PlannedItem, 'action' | 'newer'> {
  const { state = isRead ? 'ABSENT' : 'UNKNOWN', versionHash = null, syncId = null } = live ?? {};
  return {
    ...{ kind, typeKey, versionHash: null, seen: { state, versionHash, syncId }, impact: null, changes: null },
    drift:
      live && isDrift(live)
        ? { expectedHash: live.putHash!, changedBy: live.changedBy, changedAt: live.changedAt }
        : null,
    ...{ missingReferences: [], inCircle: false },
    ...namedMembers([]),
  };
}

function actionFor(versionHash: string, live: LiveState | undefined): 'CREATE' | 'UPDATE' | 'UNCHANGED' {
  if (!live || live.state === 'ABSENT') return 'CREATE';
  return live.state === 'PRESENT' && live.versionHash === versionHash ? 'UNCHANGED' : 'UPDATE';
}

function referencesOf(
  references: (definition: Definition['definition'], kind: string) => ItemRef[],
  { kind, definition }: Definition,
  typeKey: string,
): ItemRef[] {
  return references(definition, kind).filter((ref) => ref.kind !== kind || ref.typeKey !== typeKey);
}

function digestOf({ platform, environment }: Target, items: PlannedItem[]): string {
  const bound = items
    .filter(isBound)
    .map(({ kind, typeKey, action, versionHash, seen }) => [
      ...[kind, typeKey, action, versionHash],
      ...[seen.state, seen.versionHash],
    ]);
  return canonicalDigest([platform, environment, bound]);
}
