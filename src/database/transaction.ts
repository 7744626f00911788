import type { EntityManager } from '@mikro-orm/core';
import type { QueryResult, QueryResultRow } from 'pg';
import { answered, connect, type Statement, STATEMENT_MS, STOP_MS } from './postgres-pool.ts';
import type { PreparedStatements } from './prepared-statements.ts';

/** Milliseconds for which a transaction may ask nothing. */
const IDLE_MS = 10_000;

export interface TransactionOptions {
  /** As of a statement. */
  records?: boolean;
  /** Milliseconds for which it may ask nothing. */
  idleMs?: number;
  /** Statements without parameters that are sent with its beginning; the work gets the answers, theirs the last. */
  first?: string;
  /** Prepares those statements that are planned once for each connection. */
  prepared?: PreparedStatements;
}

/** A transaction under way. */
export interface Transaction {
  query<Row extends QueryResultRow>(statement: Statement, values?: unknown[]): Promise<QueryResult<Row>>;
  /** One that is planned once for each connection; planned each time without the option `prepared`. */
  queryPrepared<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<QueryResult<Row>>;
  /** Has a statement without parameters sent with the commit. */
  endWith(text: string): void;
}

/**
 * Runs work in a transaction of its own, in which each statement has its time, also by the server's clock; a connection on
 * which anything failed, or which asks nothing for `idleMs`, is not used again.
 */
export async function inTransaction<T>(
  em: EntityManager,
  work: (transaction: Transaction, began: QueryResult[]) => Promise<T>,
  withinMs = STATEMENT_MS,
  { records = false, idleMs = IDLE_MS, first = '', prepared }: TransactionOptions = {},
): Promise<T> {
  const client = await connect(em, undefined, records);
  try {
    // A process that is paused in here must not keep its locks from everybody else. Compiled, a statement would take longer
    // to begin than to run: a plan that must not be used has a cost that would have everything compiled.
    const limits = `set local idle_in_transaction_session_timeout = ${idleMs}; set local statement_timeout = ${withinMs};
      set local jit = off`;
    const answers: unknown = await answered(client, {
      text: `begin; ${limits}; ${first}`,
      withinMs: withinMs + STOP_MS,
    });
    const within = { withinMs: withinMs + STOP_MS };
    let last = '';
    const transaction: Transaction = {
      query: (statement, values) =>
        answered(client, { ...(typeof statement === 'string' ? { text: statement, values } : statement), ...within }),
      queryPrepared: <Row extends QueryResultRow>(text: string, values: unknown[]) => {
        const statement = { text, values, ...within };
        return prepared ? prepared.on<Row>(client, statement) : answered<Row>(client, statement);
      },
      endWith: (text) => {
        last = `${text}; `;
      },
    };
    const result = await work(transaction, answers as QueryResult[]);
    await answered(client, { text: `${last}commit`, withinMs });
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
