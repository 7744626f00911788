import { setTimeout as wait } from 'node:timers/promises';
import { connectSql, type Sql } from '../sql.ts';

/** A count and a sum over the transactions that wrote the rows, for each table. */
export type Digest = ReadonlyMap<string, string>;

/** What the service writes by itself, after an answer or without any. */
const BY_ITSELF =
  /^(sync_stats|live_|recorder$|journal_|sync_journal|push_turn$|event_position$|event_epoch$|alert|access_)/;
/** Where the jobs of a service write too: what expires, what is due, and what an earlier request has begun. */
const BY_JOBS = new Set([
  ...['sync_event', 'sync_history', 'snapshot', 'deployment', 'deployment_item', 'expectation_check', 'watch'],
  'outcome_before',
]);
const QUIET_MS = 20;
/** A deployment may take half a minute on a busy machine. */
const MAX_LOOKS = 1_500;

/** Tells whether anything was written to the tables of a service. */
export class TableDigest {
  private constructor(
    private readonly sql: Sql,
    private readonly statement: string,
  ) {}

  static async of(databaseUrl: string): Promise<TableDigest> {
    const sql = await connectSql(databaseUrl);
    const tables = await sql<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace
         and relkind in ('r', 'p') and not relispartition order by 1`,
    );
    const names = tables.map(({ name }) => name).filter((name) => !BY_ITSELF.test(name));
    const counts = names.map(
      (name) =>
        `select '${name}' as name, count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) as rows from "${name}"`,
    );
    return new TableDigest(sql, counts.join(' union all '));
  }

  /** With all that was recorded before. */
  async now(): Promise<Digest> {
    const rows = await this.sql<{ name: string; rows: string }>(this.statement);
    return new Map(rows.map(({ name, rows: written }) => [name, written]));
  }

  /** As soon as no call of the service runs and nothing is written any more. */
  async quiet(): Promise<Digest> {
    let before = await this.now();
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      await wait(QUIET_MS);
      const now = await this.now();
      if (changedTables(before, now).length === 0 && !(await this.isAtWork())) return now;
      before = now;
    }
    return before;
  }

  close(): Promise<void> {
    return this.sql.close();
  }

  private async isAtWork(): Promise<boolean> {
    const open = await this.sql(
      `select from deployment where completed_at is null
       union all select from sync_history where sync_status = 'IN_PROGRESS' and owner is not null limit 1`,
    );
    return open.length > 0;
  }
}

export function changedTables(before: Digest, after: Digest): string[] {
  return [...after].filter(([name, rows]) => before.get(name) !== rows).map(([name]) => name);
}

/** Whether a job may have written it in the same moment. */
export function mayBeByJob(table: string): boolean {
  return BY_JOBS.has(table);
}
