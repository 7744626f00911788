import { Injectable } from '@nestjs/common';
import { LiveStateIncompleteError, type ModelItem, TargetModel } from '#live';
import { DEFAULT_KIND, type ItemRef, type Target } from '#platform';
import { DuplicateItemError } from '#tracking';
import { InvalidRequestError } from '#validation';
import { quoted } from '../quoted.ts';
import {
  Catalogue,
  ContentTypeNotFoundError,
  type ContentTypeVersion,
  refKey,
  VersionHistoryService,
  VersionNotFoundError,
} from '#versioning';
import type { NewerState } from './newer-state.ts';
import { PastDeployments } from './past-deployments.ts';
import { CatalogueMovedError, NotDeployableError, RetiredError } from './plan.errors.ts';
import { RollbackSource } from './rollback-source.ts';

/** One content type that is to be sent. */
export interface ItemRequest {
  typeKey: string;
  kind?: string;
  /** The latest version by default; only for a plan of the catalogue. */
  versionHash?: string;
}

/** Where the versions of a plan come from: the catalogue, or one of the others. */
export interface PlanSource {
  /** Only these; everything that the source has by default. */
  items?: ItemRequest[];
  /** The whole catalogue, which must have this root hash. */
  root?: string;
  /** What an earlier deployment sent; its id or number. */
  deployment?: string;
  /** What stood there before an earlier deployment; its id or number. */
  rollbackOf?: string;
  /** What another environment has: a promotion. */
  fromEnvironment?: string;
  /** What the environment had at this time; that of the target by default. */
  at?: Date;
  /** Deletes what the target has and the source does not. */
  deletes?: boolean;
}

/** What the target is to have. */
export interface Wanted {
  versions: ContentTypeVersion[];
  /** What the target is not to have. */
  deleted: ItemRef[];
  /** The source names everything: the target has no other items, or keeps them. */
  isWhole: boolean;
  newer: Map<string, NewerState>;
}

const EXCLUSIVE = ['root', 'deployment', 'rollbackOf', 'fromEnvironment'] as const;

/** Finds the versions that a plan is asked for. */
@Injectable()
export class PlanSources {
  constructor(
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
    private readonly model: TargetModel,
    private readonly deployments: PastDeployments,
    private readonly rollbacks: RollbackSource,
  ) {}

  /**
   * Throws {@link NotDeployableError}, {@link RetiredError}, {@link CatalogueMovedError}, what the look-ups throw, and
   * `InvalidRequestError` for sources that exclude each other.
   */
  async wanted(target: Target, source: PlanSource): Promise<Wanted> {
    assertOneSource(source);
    const wanted = await this.find(target, source);
    const recorded = wanted.versions.find(({ origin }) => origin === 'RECORDED');
    if (recorded && source.rollbackOf === undefined) throw new NotDeployableError(recorded);
    return wanted;
  }

  /** The same with the ids of its deployments, which numbers stand for. */
  async named(source: PlanSource): Promise<PlanSource> {
    assertOneSource(source);
    const { deployment, rollbackOf, ...rest } = source;
    return {
      ...rest,
      ...(deployment !== undefined && { deployment: (await this.deployments.find(deployment)).id }),
      ...(rollbackOf !== undefined && { rollbackOf: (await this.deployments.find(rollbackOf)).id }),
    };
  }

  private async find(target: Target, source: PlanSource): Promise<Wanted> {
    const { platform } = target;
    if (source.rollbackOf !== undefined) return this.rolledBack(target, source.rollbackOf, source);
    if (source.deployment !== undefined) return this.deployed(target, source.deployment, source);
    if (source.fromEnvironment !== undefined || source.at) return this.standing(target, source);
    if (source.items) return whole(await this.requested(platform, source.items), false);
    if (source.root !== undefined) {
      const root = await this.catalogue.root(platform);
      if (root !== source.root) throw new CatalogueMovedError(platform, source.root, root);
    }
    return whole(await this.catalogue.current(platform));
  }

  private async requested(platform: string, requested: ItemRequest[]): Promise<ContentTypeVersion[]> {
    const refs = refsOf(requested);
    const latest = new Map(
      (await this.versions.catalogue(platform, refs)).map((version) => [refKey(version), version]),
    );
    const named = requested.flatMap(({ versionHash }, index) =>
      versionHash === undefined ? [] : [{ ...refs[index]!, versionHash }],
    );
    const found = new Map((await this.versions.byHashes(platform, named)).map((version) => [refKey(version), version]));
    const versions = requested.map(({ versionHash }, index) => {
      const ref = refs[index]!;
      const version = versionHash === undefined ? latest.get(refKey(ref)) : found.get(refKey(ref));
      if (version) return version;
      if (!latest.has(refKey(ref))) throw new ContentTypeNotFoundError({ platform, ...ref });
      throw new VersionNotFoundError({ platform, ...ref }, versionHash!);
    });
    const retired = await this.catalogue.retired(platform);
    const types = versions.filter((version) => retired.has(refKey(version)));
    if (types.length > 0) throw new RetiredError(platform, types);
    return versions;
  }

  private async deployed({ platform }: Target, ref: string, { items }: PlanSource): Promise<Wanted> {
    const deployment = await this.deployments.find(ref);
    assertSamePlatform('deployment', ref, deployment, platform);
    const sent = (await this.deployments.items(deployment.id)).flatMap(({ kind, typeKey, versionHash }) =>
      versionHash === null ? [] : [{ kind, typeKey, versionHash }],
    );
    return whole(await this.versionsOf(platform, chosen(sent, items, `the deployment ${ref}`)), false);
  }

  private async rolledBack(target: Target, ref: string, { items, deletes }: PlanSource): Promise<Wanted> {
    const deployment = await this.deployments.find(ref);
    assertSamePlatform('rollbackOf', ref, deployment, target.platform);
    if (deployment.environment !== target.environment) {
      throw InvalidRequestError.of('rollbackOf', `must name a deployment to "${target.environment}"`, 'CONFLICT');
    }
    const { versions, deleted, newer } = await this.rollbacks.restored(deployment, {
      items: items && refsOf(items),
      deletesNew: deletes,
    });
    return { versions: await this.versionsOf(target.platform, versions), deleted, newer, isWhole: false };
  }

  /** What stands, or stood, at an environment. */
  private async standing({ platform, environment }: Target, source: PlanSource): Promise<Wanted> {
    const from = source.fromEnvironment ?? environment;
    if (from === environment && !source.at) {
      throw InvalidRequestError.of(
        'fromEnvironment',
        'must be another environment than that of the target',
        'CONFLICT',
      );
    }
    const standing = await this.model.items({ platform, environment: from }, source.at);
    const items = chosen(
      standing.filter(({ state }) => state !== 'ABSENT'),
      source.items,
      `the environment "${from}"`,
    );
    const unclear = items.filter(({ versionHash }) => versionHash === null);
    if (unclear.length > 0) throw new LiveStateIncompleteError(unclear);
    const named = items.map(({ kind, typeKey, versionHash }: ModelItem) => {
      return { kind, typeKey, versionHash: versionHash! };
    });
    return whole(await this.versionsOf(platform, named), source.items === undefined);
  }

  private async versionsOf(
    platform: string,
    named: (ItemRef & { versionHash: string })[],
  ): Promise<ContentTypeVersion[]> {
    const found = await this.versions.byHashes(platform, named);
    const known = new Set(found.map(refKey));
    const missing = named.find((item) => !known.has(refKey(item)));
    if (missing) throw new VersionNotFoundError({ platform, ...missing }, missing.versionHash);
    return found;
  }
}

function whole(versions: ContentTypeVersion[], isWhole = true): Wanted {
  return { versions, isWhole, deleted: [], newer: new Map() };
}

function assertOneSource(source: PlanSource): void {
  const given = EXCLUSIVE.filter((name) => source[name] !== undefined);
  if (given.length > 1) throw InvalidRequestError.of(given[0]!, `must not be combined with ${given[1]}`, 'CONFLICT');
  if (source.at && given.length > 0 && given[0] !== 'fromEnvironment') {
    throw InvalidRequestError.of('at', `must not be combined with ${given[0]}`, 'CONFLICT');
  }
  if (source.root !== undefined && source.items)
    throw InvalidRequestError.of('root', 'must not be combined with items', 'CONFLICT');
  const isOfCatalogue = given.length === 0 && !source.at;
  if (!isOfCatalogue && source.items?.some(({ versionHash }) => versionHash !== undefined)) {
    throw InvalidRequestError.of(
      'items',
      'must have no versionHash, because the source gives the versions',
      'CONFLICT',
    );
  }
  if (source.deletes && (source.deployment !== undefined || (source.items && source.rollbackOf === undefined))) {
    throw InvalidRequestError.of('deletes', 'needs a source that names everything, or a rollback', 'CONFLICT');
  }
}

function assertSamePlatform(field: string, ref: string, deployment: Target, platform: string): void {
  if (deployment.platform !== platform) {
    throw InvalidRequestError.of(field, `must be of the platform "${platform}"; ${quoted(ref)} is not`, 'CONFLICT');
  }
}

/** Throws `DuplicateItemError`. */
function refsOf(items: ItemRequest[]): ItemRef[] {
  const refs = items.map(({ kind = DEFAULT_KIND, typeKey }) => ({ kind, typeKey }));
  if (new Set(refs.map(refKey)).size < refs.length) throw new DuplicateItemError(refs.map(({ typeKey }) => typeKey));
  return refs;
}

function chosen<Item extends ItemRef>(found: Item[], items: ItemRequest[] | undefined, source: string): Item[] {
  if (!items) return found;
  const byKey = new Map(found.map((item) => [refKey(item), item]));
  return refsOf(items).map((ref) => {
    const item = byKey.get(refKey(ref));
    if (!item) {
      const detail = `must be of ${source}, which has no ${ref.kind} ${quoted(ref.typeKey)}`;
      throw InvalidRequestError.of('items', detail, 'UNKNOWN_VALUE');
    }
    return item;
  });
}
