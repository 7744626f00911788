import type { EntityManager } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import {
  type ClientBase,
  type Pool,
  type PoolClient,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
  types,
} from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { databaseFault } from './database-fault.ts';
import { DatabaseAwayError, StatementTooSlowError } from './database.errors.ts';
import { SILENCE } from './orm-options.ts';
import { sendPrepared } from './prepared-query.ts';
import { connectReader } from './reader-limit.ts';

/** Milliseconds that a statement has by default. */
export const STATEMENT_MS = 5_000;
/** Milliseconds for a statement that reads much of the history. */
export const LONG_READ_MS = 10_000;
/** Milliseconds in which a server that is told to stop a statement says that it has. */
export const STOP_MS = 1_000;

/** A statement of SQL. Leave it unnamed: a named one turns to a generic plan after five calls. */
export interface StatementConfig extends Pick<QueryConfig, 'text' | 'name' | 'types' | 'values'> {
  /** Rows as lists of their columns. */
  rowMode?: 'array';
  /** Milliseconds that it has; {@link STATEMENT_MS} by default. */
  withinMs?: number;
  /** Whether it is of recording, for which some connections are kept free, and reads nothing that was recorded. */
  records?: boolean;
  /** Whether it reads nothing that was recorded, so that it need not wait for it. */
  isBeside?: boolean;
}
export type Statement = string | StatementConfig;

/** The driver's own types, for statements that bring times: the ORM has them come as text. */
export const DRIVER_TYPES: NonNullable<QueryConfig['types']> = { getTypeParser: types.getTypeParser };

/** Every value as the text that the server sends. */
export const TEXT_TYPES: NonNullable<QueryConfig['types']> = { getTypeParser: () => (text: string) => text };

/** SQL: a time in UTC as `Date.toISOString` writes it, whatever the settings of the connection. */
export function isoTime(time: string): string {
  return `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/**
 * The `pg` pool behind the application's ORM: its connections wait in no unit of work, and no rollback of a caller's undoes
 * what they write.
 */
export function postgresPool(em: EntityManager): Promise<Pool> {
  return (em.getDriver().getConnection() as PostgreSqlConnection).getNativeClient();
}

/**
 * One statement on a connection of its own, committed by itself: the way to ask the database. What takes longer is stopped
 * on the server too, and throws {@link StatementTooSlowError}; a server from which nothing comes counts as away
 * ({@link DatabaseAwayError}). What was sent may still happen, so it must be safe to repeat.
 */
export async function query<Row extends QueryResultRow>(
  em: EntityManager,
  statement: Statement,
  values?: unknown[],
): Promise<QueryResult<Row>> {
  const config = typeof statement === 'string' ? { text: statement, values } : statement;
  const client = await connect(em, config.withinMs, config.records, config.isBeside);
  try {
    const result = await answered<Row>(client, config);
    client.release();
    return result;
  } catch (error) {
    // Only what failed by itself leaves its connection as good as before.
    client.release(databaseFault(error) !== 'refused');
    throw error;
  }
}

/** What readers wait for, by the driver of their ORM. */
const barriers = new WeakMap<object, () => Promise<void>>();

/** From now on, who reads waits for this first: before it has a connection, so that it keeps nobody from one. */
export function readAfter(em: EntityManager, barrier: () => Promise<void>): void {
  barriers.set(em.getDriver(), barrier);
}

/**
 * A connection to keep for a while, such as for a stream; the caller releases it. What was recorded before the call can be
 * read on it, unless it `records` or `isBeside` that.
 */
export async function connect(
  em: EntityManager,
  withinMs = STATEMENT_MS,
  records = false,
  isBeside = records,
): Promise<PoolClient> {
  if (!isBeside) await barriers.get(em.getDriver())?.();
  const pool = await postgresPool(em);
  const waitMs = Math.min(withinMs, STATEMENT_MS);
  for (const deadline = performance.now() + waitMs; ;) {
    const client = await connectWithin(pool, deadline - performance.now(), waitMs, records);
    if (!isSuspect(pool, client)) return client;
    client.release(true);
  }
}

async function connectWithin(pool: Pool, leftMs: number, waitMs: number, records: boolean): Promise<PoolClient> {
  const connecting = records ? pool.connect() : connectReader(pool);
  try {
    if (await isSettledWithin(connecting, leftMs)) return await connecting;
  } catch (error) {
    throw asDatabaseError(error);
  }
  // It would come when nobody waits for it any more.
  connecting.then(
    (client) => client.release(),
    () => undefined,
  );
  throw new DatabaseAwayError(`no connection was free within ${waitMs} ms`);
}

/** When statements on connections of a pool were last sent that nothing came back for. */
const darkSince = new WeakMap<Pool, number>();
/** When connections were first had. */
const knownSince = new WeakMap<ClientBase, number>();

/** Where one connection went dark, those that are as old most likely did as well. */
function isSuspect(pool: Pool, client: PoolClient): boolean {
  if (!knownSince.has(client)) knownSince.set(client, performance.now());
  poolOf.set(client, pool);
  return knownSince.get(client)! < (darkSince.get(pool) ?? 0);
}

/** Pools by their connections: who ends a pool waits for none of its statements. */
const poolOf = new WeakMap<ClientBase, Pool>();

/** Has the server stop what a connection of a pool has asked. Never throws. */
export function stopStatement(client: PoolClient): Promise<void> {
  return cancelStatement(client, () => poolOf.get(client)?.ending === true);
}

/** The answer to a statement, or its end: then the connection must not be used again. */
export async function answered<Row extends QueryResultRow>(
  client: PoolClient,
  { withinMs = STATEMENT_MS, records: _records, isBeside: _isBeside, ...query }: StatementConfig,
): Promise<QueryResult<Row>> {
  const sentAt = performance.now();
  const answer = query.name === undefined ? client.query<Row>(query) : sendPrepared<Row>(client, query);
  const wentDark = () => {
    const pool = poolOf.get(client);
    if (pool) darkSince.set(pool, Math.max(sentAt, darkSince.get(pool) ?? 0));
  };
  try {
    if (await isSettledWithin(answer, withinMs)) return await answer;
  } catch (error) {
    if (isOfSilence(error)) {
      wentDark();
      void stopStatement(client);
    }
    throw asDatabaseError(error);
  }
  void stopStatement(client);
  const said = await isSettledWithin(answer, STOP_MS).catch((error: unknown) => error);
  if (said === false || databaseFault(said) === 'away') {
    wentDark();
    throw new DatabaseAwayError(`no data came for ${withinMs} ms`, said ? { cause: said } : {});
  }
  // Whatever it was: the cancellation may come late, and must not meet another statement.
  throw new StatementTooSlowError(withinMs, { cause: said });
}

/** Whether it has an answer, or an error, by then. */
async function isSettledWithin(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the connection was given up by its socket, as `ormOptions` has it. */
function isOfSilence(error: unknown): boolean {
  return (error as Error).message.startsWith(SILENCE);
}

/** What has no code of the server's came from the connection, but for a value that cannot be sent. */
function asDatabaseError(error: unknown): unknown {
  if (databaseFault(error) !== undefined || error instanceof TypeError || error instanceof RangeError) return error;
  return new DatabaseAwayError((error as Error).message, { cause: error });
}
