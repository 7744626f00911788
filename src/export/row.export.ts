import { pipeline, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { ConcurrencyLimit, TooManyExportsError } from '#http';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { CrlfLines } from './crlf-lines.ts';
import { ExportConnection } from './export-connection.ts';
import { copyStatement, type ExportedColumn, type ExportFormat } from './export-statement.ts';

/** Exports of one process at once: each has a connection for as long as its reader takes. */
export const MAX_EXPORTS = 4;

/** Milliseconds in which the database must have counted what an export will bring. */
const COUNT_MS = 30_000;

/** Rows of one table. */
export interface RowSource {
  columns: readonly ExportedColumn[];
  /** SQL: the table with its alias, and the condition, with literal values. */
  from: string;
  orderBy: string;
}

/** An export that has begun; `count` is exactly how many rows it will bring. */
export interface RowExport {
  count: number;
  /** Destroy it to give up; the database stops as well. */
  stream: Readable;
}

/** Brings rows out in the database's own words, with constant memory. */
@Injectable()
export class RowExports implements BeforeApplicationShutdown {
  private readonly slots = new ConcurrencyLimit(MAX_EXPORTS);
  private readonly running = new Set<ExportConnection>();

  constructor(
    private readonly em: EntityManager,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** What is under way is given as long as running calls are. */
  async beforeApplicationShutdown(): Promise<void> {
    const all = Promise.all([...this.running].map(({ ended }) => ended));
    await Promise.race([all, wait(this.options.shutdownGraceMs, undefined, { ref: false })]);
    await Promise.all([...this.running].map((connection) => connection.cancel()));
  }

  /** How many are under way. */
  get count(): number {
    return this.slots.count;
  }

  /** Ends when `signal` is aborted. Throws {@link TooManyExportsError}. */
  async open(source: RowSource, format: ExportFormat, signal?: AbortSignal): Promise<RowExport> {
    const giveBack = this.slots.take();
    if (!giveBack) throw new TooManyExportsError(MAX_EXPORTS);
    let connection: ExportConnection | undefined;
    try {
      connection = await ExportConnection.open(this.em);
      this.track(connection, giveBack);
      return await begin(connection, source, format, signal);
    } catch (error) {
      if (connection) await connection.cancel();
      else giveBack();
      throw error;
    }
  }

  private track(connection: ExportConnection, giveBack: () => void): void {
    this.running.add(connection);
    void connection.ended.finally(() => {
      this.running.delete(connection);
      giveBack();
    });
  }
}

async function begin(
  connection: ExportConnection,
  { columns, from, orderBy }: RowSource,
  format: ExportFormat,
  signal?: AbortSignal,
): Promise<RowExport> {
  const leave = () => void connection.cancel();
  signal?.addEventListener('abort', leave, { once: true });
  void connection.ended.finally(() => signal?.removeEventListener('abort', leave));
  signal?.throwIfAborted();
  const count = await connection.count(`select count(*)::float8 as count from ${from}`, COUNT_MS);
  signal?.throwIfAborted();
  const copy = connection.copy(copyStatement(columns, `${from} order by ${orderBy}`, format));
  // The reader of the lines gets the errors of both.
  const stream = format === 'csv' ? pipeline(copy, new CrlfLines(), () => undefined) : copy;
  return { count, stream };
}
