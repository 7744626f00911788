import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/core';
import type { PoolClient } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { answered, connect, stopStatement } from '#database';

/** Milliseconds in which the server hears that a statement is to be stopped, or the connection goes without that. */
const CANCEL_MS = 1_000;

/** One connection for one export, in a snapshot of its own; it goes back to the pool once, whatever happens. */
export class ExportConnection {
  private readonly end = Promise.withResolvers<void>();
  /** Resolves when the connection is given back. */
  readonly ended = this.end.promise;
  private isEnding = false;

  private constructor(private readonly client: PoolClient) {}

  static async open(em: EntityManager): Promise<ExportConnection> {
    const client = await connect(em);
    try {
      // One snapshot for all: a count is that of the rows that come.
      await answered(client, { text: `begin isolation level repeatable read read only; set local timezone = 'UTC'` });
      return new ExportConnection(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async count(text: string, withinMs: number): Promise<number> {
    const { rows } = await answered<{ count: number }>(this.client, { text, withinMs });
    return rows[0]!.count;
  }

  /** The rows that a COPY brings. When all are read the connection is used again; destroyed before, it is given up. */
  copy(statement: string): Readable {
    const copy = this.client.query(copyTo(statement));
    // The driver tells it of a lost connection, after it was destroyed as well, and destroys it not.
    copy.on('error', () => copy.destroy());
    copy.once('close', () => void (copy.readableEnded ? this.commit() : this.cancel()));
    return copy;
  }

  /** Ends what the server is doing as well: by itself it would notice only when it has something to send. */
  async cancel(): Promise<void> {
    if (this.isEnding) return this.ended;
    this.isEnding = true;
    // A pooler in between knows whom to stop only as long as we are connected.
    await Promise.race([stopStatement(this.client), wait(CANCEL_MS, undefined, { ref: false })]);
    this.release(true);
  }

  private async commit(): Promise<void> {
    if (this.isEnding) return;
    this.isEnding = true;
    await answered(this.client, { text: 'commit' }).then(
      () => this.release(false),
      () => this.release(true),
    );
  }

  private release(isSpoilt: boolean): void {
    this.client.release(isSpoilt);
    this.end.resolve();
  }
}
