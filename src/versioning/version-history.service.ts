import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, databaseFault, DRIVER_TYPES, find, findOne, inTransaction, LONG_READ_MS, pauseAfter } from '#database';
import type { PageStart } from '#http';
import type { JsonObject } from '#json';
import { type ItemRef, PlatformRegistry } from '#platform';
import { type PreparedSnapshot, SnapshotService } from '#snapshot';
import { storableText } from '../storable-text.ts';
import { ContentTypeVersion, type Origin, VERSION_COLUMNS } from './content-type-version.entity.ts';
import { ContentTypeHasher } from './content-type.hasher.ts';
import { type TypeRef, typeRef, typeRefKey } from './type-ref.ts';
import { ContentTypeNotFoundError, VersionNotFoundError } from './version.errors.ts';

export interface VersionCommit extends TypeRef {
  definition: JsonObject;
  author: string;
  message?: string;
  /** `AUTHORED` by default. */
  origin?: Origin;
}

/** A version with the content it names. */
export interface Definition extends TypeRef {
  number: number;
  versionHash: string;
  origin: Origin;
  definition: JsonObject;
}

interface PreparedCommit {
  commit: VersionCommit;
  versionHash: string;
  snapshot: PreparedSnapshot;
}

interface CommittedNumber {
  number: number;
  created: boolean;
}

const WRITE_TRIES = 3;

/** In which order content types changed. */
@Injectable()
export class VersionHistoryService {
  constructor(
    private readonly em: EntityManager,
    private readonly hasher: ContentTypeHasher,
    private readonly snapshots: SnapshotService,
    private readonly platforms: PlatformRegistry,
  ) {}

  /**
   * Makes each definition the latest version of its type, all or none, in the order given. A type whose latest version
   * has the same hash gets no new one. `created` tells which did. Content of another origin than AUTHORED becomes a version
   * only when the history does not know it.
   */
  async commit(commits: VersionCommit[]): Promise<{ version: ContentTypeVersion; created: boolean }[]> {
    const prepared: PreparedCommit[] = [];
    for (const commit of commits) {
      const snapshot = await this.snapshots.prepare(commit.definition);
      const versionHash = await this.hasher.hashOf(commit.definition, snapshot, this.platforms.model(commit.platform));
      prepared.push({ commit, versionHash, snapshot });
    }
    // One order for every writer, so that two imports never wait for each other in a circle.
    prepared.sort((a, b) => (typeRefKey(a.commit) < typeRefKey(b.commit) ? -1 : 1));
    const numbers = await this.writeInTurn(prepared);
    const versions = await find(
      this.em,
      ContentTypeVersion,
      { $or: prepared.map(({ commit }, index) => ({ ...typeRef(commit), number: numbers[index]!.number })) },
      { withinMs: LONG_READ_MS },
    );
    const byRef = new Map(versions.map((version) => [typeRefKey(version), version]));
    const created = new Map(prepared.map(({ commit }, index) => [typeRefKey(commit), numbers[index]!.created]));
    return commits.map((commit) => ({
      version: byRef.get(typeRefKey(commit))!,
      created: created.get(typeRefKey(commit))!,
    }));
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
      text: `select distinct on (kind, type_key, version_hash) ${VERSION_COLUMNS} from content_type_version v
       where platform = $1
         and (kind, type_key, version_hash) in (select * from unnest($2::text[], $3::text[], $4::text[]))
       order by kind, type_key, version_hash, number desc`,
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

  /** Writers of other tables may hold what we want while they want what we hold: one of the two is told, and waits. */
  private async writeInTurn(prepared: PreparedCommit[]): Promise<CommittedNumber[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.write(prepared);
      } catch (error) {
        if (databaseFault(error) !== 'conflict' || attempt === WRITE_TRIES) throw error;
        await pauseAfter(attempt);
      }
    }
  }

  private async write(prepared: PreparedCommit[]): Promise<CommittedNumber[]> {
    return inTransaction(this.em, async (client) => {
      // By digest, as every writer of snapshots does, and before the versions.
      for (const { snapshot } of prepared.toSorted((a, b) => (a.snapshot.digest < b.snapshot.digest ? -1 : 1))) {
        await client.query(
          `insert into snapshot (digest, original_size, stored_size, encoding, content) values ($1, $2, $3, $4, $5)
           on conflict do nothing`,
          [snapshot.digest, snapshot.originalSize, snapshot.storedSize, snapshot.encoding, snapshot.content],
        );
      }
      const numbers: CommittedNumber[] = [];
      for (const { commit, versionHash, snapshot } of prepared) {
        const { platform, kind, typeKey, origin = 'AUTHORED' } = commit;
        const author = storableText(commit.author);
        const message = storableText(commit.message) ?? null;
        const { rows } = await client.query<CommittedNumber>(
          `select number, created from commit_version($1, $2, $3, $4, $5, $6, $7, $8, only_unknown => $9)`,
          [platform, kind, typeKey, versionHash, snapshot.digest, origin, author, message, origin !== 'AUTHORED'],
        );
        numbers.push(rows[0]!);
      }
      return numbers;
    });
  }
}
