import type { Client } from 'pg';
import { connectTo } from './postgres-hosts.ts';

/** Something in the database that cannot be. */
export interface Finding {
  /** The rule that is broken, such as `sync.row`. */
  rule: string;
  /** What breaks it: `sync 019a…`, `snapshot 3f…`. */
  subject: string;
  problem: string;
}

/** Reads a part of the database, and tells what cannot be. */
export type Check = (database: FsckDatabase) => AsyncGenerator<Finding>;

/**
 * The whole database as it was at one moment, read only and row by row: memory stays the same however long the history
 * is, and whatever is written meanwhile is not seen. `now()` in a query is that moment.
 */
export class FsckDatabase {
  private cursors = 0;

  /** On a connection whose transaction has begun. */
  constructor(private readonly client: Client) {}

  static async open(url: string): Promise<FsckDatabase> {
    const client = await connectTo(url, { application_name: 'synctrail fsck', keepAlive: true });
    try {
      await client.query('begin isolation level repeatable read read only');
      return new FsckDatabase(client);
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  /** The rows of a query without parameters; `batch` of them are held at a time. */
  async *rows<Row>(query: string, batch = 500): AsyncGenerator<Row> {
    const cursor = `books_${(this.cursors += 1)}`;
    await this.client.query(`declare ${cursor} no scroll cursor for ${query}`);
    try {
      for (let fetched = batch; fetched === batch;) {
        const { rows } = await this.client.query(`fetch ${batch} from ${cursor}`);
        fetched = rows.length;
        yield* rows as Row[];
      }
    } finally {
      // In a transaction that has failed it is closed already.
      await this.client.query(`close ${cursor}`).catch(() => undefined);
    }
  }

  async row<Row>(query: string, values: unknown[] = []): Promise<Row> {
    return (await this.client.query(query, values)).rows[0] as Row;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
