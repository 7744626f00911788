import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, databaseFault, DRIVER_TYPES, find, findOne, inTransaction, LONG_READ_MS, pauseAfter } from '#database';
import type { PageStart } from '#http';
import type { JsonObject } from '#json';
import { type PreparedSnapshot, SnapshotService } from '#snapshot';
import { storableText } from '../storable-text.ts';
import { ContentTypeVersion, VERSION_COLUMNS } from './content-type-version.entity.ts';
import { ContentTypeHasher } from './content-type.hasher.ts';
import { ContentTypeNotFoundError, VersionNotFoundError } from './version.errors.ts';

/** A content type by its key, which is unique within its kind. */
export interface TypeRef {
  kind: string;
  typeKey: string;
}

export interface VersionCommit extends TypeRef {
  definition: JsonObject;
  author: string;
  message?: string;
}

/** A version with the content it names. */
export interface Definition extends TypeRef {
  number: number;
  versionHash: string;
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
  ) {}

  /**
   * Makes each definition the latest version of its type, all or none, in the order given. A type whose latest version
   * has the same hash gets no new one. `created` tells which did.
   */
  async commit(commits: VersionCommit[]): Promise<{ version: ContentTypeVersion; created: boolean }[]> {
    const prepared: PreparedCommit[] = [];
    for (const commit of commits) {
      const snapshot = await this.snapshots.prepare(commit.definition);
      prepared.push({ commit, versionHash: await this.hasher.hashOf(commit.definition, snapshot), snapshot });
    }
    // One order for every writer, so that two imports never wait for each other in a circle.
    prepared.sort((a, b) => compareRefs(a.commit, b.commit));
    const numbers = await this.writeInTurn(prepared);
    const versions = await find(
      this.em,
      ContentTypeVersion,
      { $or: prepared.map(({ commit }, index) => ({ ...ref(commit), number: numbers[index]!.number })) },
      { withinMs: LONG_READ_MS },
    );
    const byRef = new Map(versions.map((version) => [refKey(version), version]));
    const created = new Map(prepared.map(({ commit }, index) => [refKey(commit), numbers[index]!.created]));
    return commits.map((commit) => ({ version: byRef.get(refKey(commit))!, created: created.get(refKey(commit))! }));
  }

  /** The latest version of a type. Throws {@link ContentTypeNotFoundError}. */
  async latest({ kind, typeKey }: TypeRef): Promise<ContentTypeVersion> {
    const version = await findOne(this.em, ContentTypeVersion, { kind, typeKey }, { orderBy: { number: 'desc' } });
    if (!version) throw new ContentTypeNotFoundError(kind, typeKey);
    return version;
  }

  /** The newest version with this hash. Throws {@link VersionNotFoundError}. */
  async byHash({ kind, typeKey }: TypeRef, versionHash: string): Promise<ContentTypeVersion> {
    const [version] = await this.byHashes([{ kind, typeKey, versionHash }]);
    if (!version) throw new VersionNotFoundError(kind, typeKey, versionHash);
    return version;
  }

  /** The newest versions with these hashes, in one read; those that do not exist are left out. */
  async byHashes(named: (TypeRef & { versionHash: string })[]): Promise<ContentTypeVersion[]> {
    const { rows } = await query<ContentTypeVersion>(this.em, {
      types: DRIVER_TYPES,
      text: `select distinct on (kind, type_key, version_hash) ${VERSION_COLUMNS} from content_type_version v
       where (kind, type_key, version_hash) in (select * from unnest($1::text[], $2::text[], $3::text[]))
       order by kind, type_key, version_hash, number desc`,
      values: [
        named.map(({ kind }) => kind),
        named.map(({ typeKey }) => typeKey),
        named.map(({ versionHash }) => versionHash),
      ],
    });
    return rows;
  }

  /** Throws {@link VersionNotFoundError}. */
  async byNumber({ kind, typeKey }: TypeRef, number: number): Promise<ContentTypeVersion> {
    const version = await findOne(this.em, ContentTypeVersion, { kind, typeKey, number });
    if (!version) throw new VersionNotFoundError(kind, typeKey, number);
    return version;
  }

  /**
   * The versions of a type, newest first, from a start on, whose key is a number. Throws {@link
   * ContentTypeNotFoundError}.
   */
  async history({ kind, typeKey }: TypeRef, limit: number, start?: PageStart): Promise<ContentTypeVersion[]> {
    await this.latest({ kind, typeKey });
    const [beyond, order] = start?.direction === 'prev' ? (['$gt', 'asc'] as const) : (['$lt', 'desc'] as const);
    const where = { kind, typeKey, ...(start && { number: { [beyond]: Number(start.key) } }) };
    return find(this.em, ContentTypeVersion, where, { orderBy: { number: order }, limit });
  }

  /** The latest version of every type, or of those named, by kind and key. Types that do not exist are left out. */
  async catalogue(only?: TypeRef[]): Promise<ContentTypeVersion[]> {
    const { rows } = await query<ContentTypeVersion>(this.em, {
      types: DRIVER_TYPES,
      text: `select distinct on (kind, type_key) ${VERSION_COLUMNS} from content_type_version v
       where $1::text[] is null or (kind, type_key) in (select * from unnest($1::text[], $2::text[]))
       order by kind, type_key, number desc`,
      values: [only?.map((type) => type.kind), only?.map((type) => type.typeKey)],
    });
    return rows;
  }

  /** The versions with what they name; one read for all. */
  async definitions(versions: ContentTypeVersion[]): Promise<Definition[]> {
    const contents = await this.snapshots.readMany(versions.map((version) => version.snapshotDigest));
    return versions.map(({ kind, typeKey, number, versionHash, snapshotDigest }) => ({
      kind,
      typeKey,
      number,
      versionHash,
      definition: contents.get(snapshotDigest) as JsonObject,
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
        const { rows } = await client.query<CommittedNumber>(
          `select number, created from commit_version($1, $2, $3, $4, $5, $6, only_unknown => false)`,
          [
            commit.kind,
            commit.typeKey,
            versionHash,
            snapshot.digest,
            storableText(commit.author),
            storableText(commit.message) ?? null,
          ],
        );
        numbers.push(rows[0]!);
      }
      return numbers;
    });
  }
}

function ref({ kind, typeKey }: TypeRef): TypeRef {
  return { kind, typeKey };
}

/** One string for a kind and key; a key may hold any character, so it is encoded. */
export function refKey({ kind, typeKey }: TypeRef): string {
  return JSON.stringify([kind, typeKey]);
}

function compareRefs(a: TypeRef, b: TypeRef): number {
  return refKey(a) < refKey(b) ? -1 : 1;
}
