import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, find, findOne, LONG_READ_MS } from '#database';
import type { PageStart } from '#http';
import { type JsonObject } from '#json';
import { TimeSlice } from '#pace';
import { type ItemRef, PlatformRegistry } from '#platform';
import { Redaction } from '#redaction';
import { SnapshotService } from '#snapshot';
import { ContentTypeVersion, type Origin, VERSION_COLUMNS } from './content-type-version.entity.ts';
import { ContentTypeHasher } from './content-type.hasher.ts';
import { type TypeRef, typeRef, typeRefKey } from './type-ref.ts';
import { type BesideCommit, commitPrepared, type PreparedCommit, type VersionCommit } from './version-commit.ts';
import { ContentTypeNotFoundError, VersionNotFoundError } from './version.errors.ts';

/** A version with the content it names. */
export interface Definition extends TypeRef {
  number: number;
  versionHash: string;
  origin: Origin;
  definition: JsonObject;
}

/** In which order content types changed. */
@Injectable()
export class VersionHistoryService {
  constructor(
    private readonly em: EntityManager,
    private readonly hasher: ContentTypeHasher,
    private readonly snapshots: SnapshotService,
    private readonly platforms: PlatformRegistry,
    private readonly redaction: Redaction,
  ) {}

  /**
   * Makes each definition the latest version of its type, all or none, in the order given. A type whose latest version
   * has the same hash gets no new one. `created` tells which did. Content of another origin than AUTHORED becomes a version
   * only when the history does not know it. Secrets are left out of all of it.
   */
  async commit(
    commits: VersionCommit[],
    beside?: BesideCommit,
  ): Promise<{ version: ContentTypeVersion; created: boolean }[]> {
    const prepared: PreparedCommit[] = [];
    const slice = new TimeSlice();
    await this.redaction.ready();
    for (const given of commits) {
      if (slice.isOver) await slice.giveWay();
      const model = this.platforms.model(given.platform);
      const snapshot = await this.snapshots.prepare(given.definition, model.redaction);
      const versionHash = await this.hasher.hashOf(given.definition, snapshot, model);
      const [author, message] = [this.redaction.text(given.author), this.redaction.text(given.message)];
      prepared.push({ key: typeRefKey(given), commit: { ...given, author, message }, versionHash, snapshot });
    }
    const committed = await commitPrepared(this.em, prepared, beside);
    const versions = await this.numbered(
      prepared.map(({ key, commit }) => ({ ...typeRef(commit), number: committed.get(key)!.number })),
    );
    const byKey = new Map(versions.map((version) => [typeRefKey(version), version]));
    return prepared.map(({ key }) => ({ version: byKey.get(key)!, created: committed.get(key)!.created }));
  }

  /** The latest version of a type: the newest that is AUTHORED. Throws {@link ContentTypeNotFoundError}. */
  async latest(type: TypeRef): Promise<ContentTypeVersion> {
    const where = { ...typeRef(type), origin: 'AUTHORED' as const };
    const version = await findOne(this.em, ContentTypeVersion, where, { orderBy: { number: 'desc' } });
    if (!version) throw new ContentTypeNotFoundError(type);
    return version;
  }

  /** The newest version with this hash. Throws {@link VersionNotFoundError}. */
  async byHash(type: TypeRef, versionHash: string): Promise<ContentTypeVersion> {
    const [version] = await this.byHashes(type.platform, [{ ...typeRef(type), versionHash }]);
    if (!version) throw new VersionNotFoundError(type, versionHash);
    return version;
  }

  /** The newest versions of a platform with these hashes, in one read; those that do not exist are left out. */
  async byHashes(platform: string, named: (ItemRef & { versionHash: string })[]): Promise<ContentTypeVersion[]> {
    const { rows } = await query<ContentTypeVersion>(this.em, {
      types: DRIVER_TYPES,
      // By the hash alone: a plan by the key of a type would read all its versions.
      text: `select distinct on (v.kind, v.type_key, v.version_hash) ${VERSION_COLUMNS}
       from unnest($2::text[], $3::text[], $4::text[]) as n (kind, type_key, hash)
       cross join lateral (select * from content_type_version v where v.version_hash = n.hash offset 0) v
       where v.platform = $1 and v.kind = n.kind and v.type_key = n.type_key
       order by v.kind, v.type_key, v.version_hash, v.number desc`,
      values: [
        platform,
        named.map(({ kind }) => kind),
        named.map(({ typeKey }) => typeKey),
        named.map(({ versionHash }) => versionHash),
      ],
    });
    return rows;
  }

  /** Throws {@link VersionNotFoundError}. */
  async byNumber(type: TypeRef, number: number): Promise<ContentTypeVersion> {
    const version = await findOne(this.em, ContentTypeVersion, { ...typeRef(type), number });
    if (!version) throw new VersionNotFoundError(type, number);
    return version;
  }

  /**
   * The versions of a type, whatever their origin, newest first, from a start on, whose key is a number. Throws {@link
   * ContentTypeNotFoundError}.
   */
  async history(type: TypeRef, limit: number, start?: PageStart): Promise<ContentTypeVersion[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['$gt', 'asc'] as const) : (['$lt', 'desc'] as const);
    const where = { ...typeRef(type), ...(start && { number: { [beyond]: Number(start.key) } }) };
    const versions = await find(this.em, ContentTypeVersion, where, { orderBy: { number: order }, limit });
    if (versions.length === 0 && !(await findOne(this.em, ContentTypeVersion, typeRef(type)))) {
      throw new ContentTypeNotFoundError(type);
    }
    return versions;
  }

  /**
   * The latest version of every type of a platform, or of those named, by kind and key. Types that do not exist are left
   * out.
   */
  async catalogue(platform: string, only?: ItemRef[]): Promise<ContentTypeVersion[]> {
    const { rows } = await query<ContentTypeVersion>(this.em, {
      types: DRIVER_TYPES,
      text: `select distinct on (kind, type_key) ${VERSION_COLUMNS} from content_type_version v
       where platform = $1 and origin = 'AUTHORED'
         and ($2::text[] is null or (kind, type_key) in (select * from unnest($2::text[], $3::text[])))
       order by kind, type_key, number desc`,
      values: [platform, only?.map((type) => type.kind), only?.map((type) => type.typeKey)],
    });
    return rows;
  }

  /** The versions with what they name; one read for all. */
  async definitions(versions: ContentTypeVersion[]): Promise<Definition[]> {
    const contents = await this.snapshots.readMany(versions.map((version) => version.snapshotDigest));
    return versions.map((version) => ({
      ...typeRef(version),
      number: version.number,
      versionHash: version.versionHash,
      origin: version.origin,
      definition: contents.get(version.snapshotDigest) as JsonObject,
    }));
  }

  private async numbered(named: (TypeRef & { number: number })[]): Promise<ContentTypeVersion[]> {
    const { rows } = await query<ContentTypeVersion>(this.em, {
      types: DRIVER_TYPES,
      withinMs: LONG_READ_MS,
      text: `select ${VERSION_COLUMNS} from content_type_version v where (platform, kind, type_key, number) in
         (select * from unnest($1::text[], $2::text[], $3::text[], $4::integer[]))`,
      values: [
        named.map(({ platform }) => platform),
        named.map(({ kind }) => kind),
        named.map(({ typeKey }) => typeKey),
        named.map(({ number }) => number),
      ],
    });
    return rows;
  }
}
