import { Injectable } from '@nestjs/common';
import { canonicalDigest } from '#json';
import { LiveReader } from '#live';
import {
  DEFAULT_KIND,
  type ItemRef,
  PlatformRegistry,
  type Target,
  type UnknownMembers,
  unknownMembers,
} from '#platform';
import { DuplicateItemError } from '#tracking';
import {
  Catalogue,
  comparable,
  ContentTypeNotFoundError,
  type ContentTypeVersion,
  type Definition,
  refKey,
  VersionDiff,
  VersionHistoryService,
  VersionNotFoundError,
} from '#versioning';
import { NotDeployableError, NothingToDeployError, RetiredError } from './deployment.errors.ts';

/** One content type that is to be sent. */
export interface ItemRequest {
  typeKey: string;
  kind?: string;
  /** The latest version by default. */
  versionHash?: string;
}

export interface PlannedItem extends Definition {
  /** The version that stands at the target, as far as the record knows. */
  previousHash: string | null;
}

/** What a planned item changes; `diff` is null where the live content is no version of ours. */
export interface PlannedChange extends UnknownMembers {
  item: PlannedItem;
  diff: VersionDiff | null;
}

export interface DeploymentPlan extends Target {
  items: PlannedItem[];
  /** What belongs to the platform itself, and is left out. */
  skipped: ItemRef[];
  /** SHA-256 over what is sent where. */
  digest: string;
}

/** A plan tells how many places change, and what that means. */
const COUNTED = { changes: 0, characters: 0 };

/** Decides what a deployment would send, without sending it. */
@Injectable()
export class DeploymentPlanner {
  constructor(
    private readonly live: LiveReader,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
  ) {}

  /**
   * Without items: the latest version of everything in the catalogue of the platform that is not retired. A rollback brings
   * back what was there, also what is retired by now. What belongs to the platform itself is skipped. Throws {@link RetiredError}, {@link NotDeployableError}, and what the
   * look-ups throw.
   */
  async plan(
    { platform, environment }: Target,
    requested?: ItemRequest[],
    { isRollback = false } = {},
  ): Promise<DeploymentPlan> {
    this.platforms.at({ platform, environment });
    const versions = requested ? await this.requested(platform, requested) : await this.catalogue.current(platform);
    if (requested && !isRollback) await this.assertDeployable(platform, versions);
    if (versions.length === 0) throw new NothingToDeployError(platform);
    const { sent: definitions, skipped } = this.withoutBuiltIn(platform, await this.versions.definitions(versions));
    if (definitions.length === 0) throw new NothingToDeployError(platform, skipped);
    const live = await this.live.of({ platform, environment }, definitions);
    const items = definitions.map((definition) => ({
      ...definition,
      previousHash: live.get(refKey(definition))?.versionHash ?? null,
    }));
    const sent = items.map(({ kind, typeKey, versionHash }) => [kind, typeKey, versionHash]);
    return { platform, environment, items, skipped, digest: canonicalDigest([platform, environment, sent]) };
  }

  /** What each item of a plan changes against what is live. */
  async changes({ platform, items }: DeploymentPlan): Promise<PlannedChange[]> {
    const replaced = items.flatMap(({ kind, typeKey, versionHash, previousHash }) =>
      previousHash === null || previousHash === versionHash ? [] : [{ kind, typeKey, versionHash: previousHash }],
    );
    const definitions = await this.versions.definitions(await this.versions.byHashes(platform, replaced));
    const before = new Map<string, Definition | null>(definitions.map((found) => [refKey(found), found]));
    for (const item of items) {
      if (item.previousHash === null) before.set(refKey(item), null);
      if (item.previousHash === item.versionHash) before.set(refKey(item), item);
    }
    const model = this.platforms.model(platform);
    const changes: PlannedChange[] = [];
    for (const item of items) {
      const previous = before.get(refKey(item));
      const [old, planned] = previous ? comparable(this.platforms, previous, item) : [null, item.definition];
      const diff = previous === undefined ? null : await VersionDiff.inSlices(old, planned, COUNTED, model);
      changes.push({ item, diff, ...unknownMembers(model, item.definition, item.kind) });
    }
    return changes;
  }

  private withoutBuiltIn(platform: string, definitions: Definition[]): { sent: Definition[]; skipped: ItemRef[] } {
    const { isBuiltIn } = this.platforms.model(platform);
    const isSkipped = (item: Definition) => isBuiltIn?.(item, item.definition) ?? false;
    const skipped = definitions.filter(isSkipped).map(({ kind, typeKey }) => ({ kind, typeKey }));
    return { sent: definitions.filter((item) => !isSkipped(item)), skipped };
  }

  private async requested(platform: string, requested: ItemRequest[]): Promise<ContentTypeVersion[]> {
    const refs = requested.map(({ kind = DEFAULT_KIND, typeKey }) => ({ kind, typeKey }));
    if (new Set(refs.map(refKey)).size < refs.length) throw new DuplicateItemError(refs.map(({ typeKey }) => typeKey));
    const latest = new Map(
      (await this.versions.catalogue(platform, refs)).map((version) => [refKey(version), version]),
    );
    const named = requested.flatMap(({ versionHash }, index) =>
      versionHash === undefined ? [] : [{ ...refs[index]!, versionHash }],
    );
    const found = new Map((await this.versions.byHashes(platform, named)).map((version) => [refKey(version), version]));
    return requested.map(({ versionHash }, index) => {
      const ref = refs[index]!;
      const version = versionHash === undefined ? latest.get(refKey(ref)) : found.get(refKey(ref));
      if (version) return version;
      if (!latest.has(refKey(ref))) throw new ContentTypeNotFoundError({ platform, ...ref });
      throw new VersionNotFoundError({ platform, ...ref }, versionHash!);
    });
  }

  private async assertDeployable(platform: string, versions: ContentTypeVersion[]): Promise<void> {
    const recorded = versions.find(({ origin }) => origin === 'RECORDED');
    if (recorded) throw new NotDeployableError(recorded);
    const retired = await this.catalogue.retired(platform);
    const types = versions.filter((version) => retired.has(refKey(version)));
    if (types.length > 0) throw new RetiredError(platform, types);
  }
}
