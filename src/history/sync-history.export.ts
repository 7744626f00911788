import { Injectable } from '@nestjs/common';
import { type ExportFormat, quotedLiteral, type RowExport, RowExports } from '#export';
import { SHOWN_FIELDS } from '#recording';
import type { FilterConditions, HistoryFilter } from './history-filter.ts';
import { resolveFilter, whereSql, type CoveredInterval } from './sync-history.filter.ts';

/** An export that has begun; `count` is exactly how many syncs it will bring. */
export interface HistoryExport extends RowExport {
  window: CoveredInterval;
  /** What it was asked for, as far as its caller may see it. */
  filter: FilterConditions;
}

const COLUMNS = SHOWN_FIELDS.map(({ name, column, type, foreign }) => ({ name, sql: `h.${column}`, type, foreign }));

/** Brings a whole history out, newest first. */
@Injectable()
export class SyncHistoryExport {
  constructor(private readonly exports: RowExports) {}

  /** Ends when `signal` is aborted. Throws `InvalidFilterError` and `TooManyExportsError`. */
  async open(filter: HistoryFilter, format: ExportFormat, signal?: AbortSignal): Promise<HistoryExport> {
    const resolved = resolveFilter(filter);
    const where = whereSql(resolved, (value, type) => `${quotedLiteral(value)}::${type}`);
    const source = { columns: COLUMNS, from: `sync_history h where ${where}`, orderBy: 'h.id desc' };
    const opened = await this.exports.open(source, format, signal);
    return { ...opened, window: resolved.window, filter: resolved };
  }
}
