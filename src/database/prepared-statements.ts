import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/core';
import { Logger } from '@nestjs/common';
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { answered, query, type StatementConfig } from './postgres-pool.ts';

/** A named statement that is not there, or is there already. */
const NAME_TROUBLE = new Set<string | undefined>(['26000', '42P05']);

/**
 * SQL: a parameter whose value is known only when the statement runs. No plan depends on it, so the server soon keeps one for
 * all values; a plan for a value that it sees it would make again and again, because it looks cheaper.
 */
export function unseen(parameter: string, type: string): string {
  return `(select ${parameter}::${type})::${type}`;
}

type Unnamed = Omit<StatementConfig, 'name'>;

/**
 * Statements that the server parses and plans once for each connection, because that would be half of what they cost. Only
 * for those that have one good plan, whatever their values are. A pooler that hands connections round gets them without names.
 */
export class PreparedStatements {
  private readonly logger = new Logger(PreparedStatements.name);
  private readonly names = new Map<string, string>();
  private hasNames = true;

  constructor(private readonly em: EntityManager) {}

  query<Row extends QueryResultRow>(statement: Unnamed): Promise<QueryResult<Row>> {
    return this.send((named) => query<Row>(this.em, named), statement);
  }

  /** On a connection of the caller's. */
  on<Row extends QueryResultRow>(client: PoolClient, statement: Unnamed): Promise<QueryResult<Row>> {
    return this.send((named) => answered<Row>(client, named), statement);
  }

  private async send<Result>(
    send: (statement: StatementConfig) => Promise<Result>,
    statement: Unnamed,
  ): Promise<Result> {
    if (!this.hasNames) return send(statement);
    try {
      return await send({ ...statement, name: this.nameOf(statement.text) });
    } catch (error) {
      if (!NAME_TROUBLE.has((error as { code?: string }).code)) throw error;
      // Refused before it was executed, by a server that another client prepared for: a pooler stands in between.
      if (this.hasNames) this.logger.log('Statements go out without names: a pooler hands connections round');
      this.hasNames = false;
      return send(statement);
    }
  }

  /** The same for the same text in every process: behind a pooler a name may be that of somebody else's statement. */
  private nameOf(text: string): string {
    const name = this.names.get(text) ?? `synctrail_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    this.names.set(text, name);
    return name;
  }
}
