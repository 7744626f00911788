import type { EntityManager } from '@mikro-orm/core';
import { databaseFault, inTransaction, pauseAfter, type Transaction } from '#database';
import type { JsonObject } from '#json';
import { type PreparedSnapshot, storeSnapshots } from '#snapshot';
import { storableText } from '../storable-text.ts';
import type { Origin } from './content-type-version.entity.ts';
import type { TypeRef } from './type-ref.ts';

export interface VersionCommit extends TypeRef {
  definition: JsonObject;
  author: string;
  message?: string;
  /** `AUTHORED` by default. */
  origin?: Origin;
}

/** A commit with all that is written of it; `key` is its `typeRefKey`. */
export interface PreparedCommit {
  key: string;
  commit: VersionCommit;
  versionHash: string;
  snapshot: PreparedSnapshot;
}

export interface CommittedNumber {
  number: number;
  created: boolean;
}

/** What is written in the same transaction, at its end; it is told how many versions are new. */
export type BesideCommit = (transaction: Transaction, created: number) => Promise<void>;

const WRITE_TRIES = 3;
/** Commits that one statement takes. */
const MAX_ROWS = 500;

const COMMIT = `
  select c.number, c.created
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    with ordinality as v (platform, kind, type_key, version_hash, digest, origin, author, message, at),
  lateral commit_version(platform, kind, type_key, version_hash, digest, origin, author, message,
    only_unknown => origin <> 'AUTHORED') as c
  order by v.at`;

/** Writes all or none. The numbers by `key`. */
export async function commitPrepared(
  em: EntityManager,
  prepared: PreparedCommit[],
  beside?: BesideCommit,
): Promise<Map<string, CommittedNumber>> {
  // One order for every writer, so that two imports never wait for each other in a circle.
  const inOrder = prepared.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(em, async (transaction) => {
        const committed = await write(transaction, inOrder);
        await beside?.(transaction, [...committed.values()].filter(({ created }) => created).length);
        return committed;
      });
    } catch (error) {
      // Writers of other tables may hold what we want while they want what we hold: one of the two is told, and waits.
      if (databaseFault(error) !== 'conflict' || attempt === WRITE_TRIES) throw error;
      await pauseAfter(attempt);
    }
  }
}

async function write(transaction: Transaction, prepared: PreparedCommit[]): Promise<Map<string, CommittedNumber>> {
  // Before the versions, as every writer does.
  await storeSnapshots(
    transaction,
    prepared.map(({ snapshot }) => snapshot),
  );
  const committed = new Map<string, CommittedNumber>();
  for (let from = 0; from < prepared.length; from += MAX_ROWS) {
    const chunk = prepared.slice(from, from + MAX_ROWS);
    const { rows } = await transaction.query<CommittedNumber>(COMMIT, [
      chunk.map(({ commit }) => commit.platform),
      chunk.map(({ commit }) => commit.kind),
      chunk.map(({ commit }) => commit.typeKey),
      chunk.map(({ versionHash }) => versionHash),
      chunk.map(({ snapshot }) => snapshot.digest),
      chunk.map(({ commit }) => commit.origin ?? 'AUTHORED'),
      chunk.map(({ commit }) => storableText(commit.author)),
      chunk.map(({ commit }) => storableText(commit.message) ?? null),
    ]);
    for (const [index, { key }] of chunk.entries()) committed.set(key, rows[index]!);
  }
  return committed;
}
