import { pipeline, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { escapeLiteral } from 'pg';
import { ConcurrencyLimit, TooManyExportsError } from '#http';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { SHOWN_FIELDS } from '#recording';
import { CrlfLines } from './crlf-lines.ts';
import { ExportConnection } from './export-connection.ts';
import type { HistoryFilter } from './history-filter.ts';
import type { ExportFormat } from './sync-history.dto.ts';
import { type ResolvedFilter, resolveFilter, whereSql, type CoveredInterval } from './sync-history.filter.ts';

/** Exports of one process at once: each has a connection for as long as its reader takes. */
export const MAX_EXPORTS = 4;

/** Milliseconds in which the database must have counted what an export will bring. */
const COUNT_MS = 30_000;

/** An export that has begun; `count` is exactly how many syncs it will bring. */
export interface HistoryExport {
  count: number;
  window: CoveredInterval;
  /** Destroy it to give up; the database stops as well. */
  stream: Readable;
}

/** A leading `=`, `+`, `-` or `@`, full-width too, even after what is not seen; or a sign that may lead to one. */
const FORMULA = `'^[\\s\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u2060\\u3000\\ufeff''"]*[=+@\\uff1d\\uff0b\\uff20\\uff0d-]|^[\\t\\n\\r]'`;

/** Brings a whole history out, in the database's own words, newest first and with constant memory. */
@Injectable()
export class SyncHistoryExport implements BeforeApplicationShutdown {
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

  /** Ends when `signal` is aborted. Throws `InvalidFilterError` and {@link TooManyExportsError}. */
  async open(filter: HistoryFilter, format: ExportFormat, signal?: AbortSignal): Promise<HistoryExport> {
    const resolved = resolveFilter(filter);
    const giveBack = this.slots.take();
    if (!giveBack) throw new TooManyExportsError(MAX_EXPORTS);
    let connection: ExportConnection | undefined;
    try {
      connection = await ExportConnection.open(this.em);
      this.track(connection, giveBack);
      return await begin(connection, resolved, format, signal);
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
  filter: ResolvedFilter,
  format: ExportFormat,
  signal?: AbortSignal,
): Promise<HistoryExport> {
  const leave = () => void connection.cancel();
  signal?.addEventListener('abort', leave, { once: true });
  void connection.ended.finally(() => signal?.removeEventListener('abort', leave));
  signal?.throwIfAborted();
  // COPY takes no parameters: every value is quoted by the driver.
  const where = whereSql(filter, (value, type) => `${literal(value)}::${type}`);
  const count = await connection.count(`select count(*)::float8 as count from sync_history h where ${where}`, COUNT_MS);
  signal?.throwIfAborted();
  const copy = connection.copy(copySql(where, format));
  // The reader of the lines gets the errors of both.
  const stream = format === 'csv' ? pipeline(copy, new CrlfLines(), () => undefined) : copy;
  return { count, window: filter.window, stream };
}

function copySql(where: string, format: ExportFormat): string {
  const columns = SHOWN_FIELDS.map((field) => {
    const sql = `h.${field.column}`;
    return `${format === 'csv' ? csvValue(sql, field) : sql} as "${field.name}"`;
  });
  const select = `select ${columns.join(', ')} from sync_history h where ${where} order by h.id desc`;
  if (format === 'csv') return `copy (${select}) to stdout (format csv, header)`;
  // JSON never has these two characters bare, so nothing is quoted: each row is its JSON and a line feed.
  return `copy (select row_to_json(sync) from (${select}) sync) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`;
}

function csvValue(sql: string, { type, foreign }: (typeof SHOWN_FIELDS)[number]): string {
  if (type === 'timestamptz') return `to_char(${sql}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return foreign ? `case when ${sql}::text ~ ${FORMULA} then '''' || ${sql}::text else ${sql}::text end` : sql;
}

function literal(value: unknown): string {
  if (value instanceof Date) return escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`;
  return escapeLiteral(String(value));
}
