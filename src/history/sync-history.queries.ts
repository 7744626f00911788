import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import type { QueryResultRow } from 'pg';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { type Page, pageFrom, StoredJson, textWithStored } from '#http';
import { type FacetField, fieldsWith, type SyncRecord } from '#recording';
import type { HistoryFilter } from './history-filter.ts';
import { type Cursor, questionDigest, readCursor, type Sort, writeCursor } from './sync-history.cursor.ts';
import {
  type Bind,
  binder,
  type ResolvedFilter,
  resolveFilter,
  whereSql,
  type CoveredInterval,
} from './sync-history.filter.ts';
import { type Form, RECORDS, SyncList, TEXTS } from './sync-history.list.ts';

/** A page of a history, with cursors to those beside it. */
export interface HistoryPage extends Page<SyncRecord> {
  window: CoveredInterval;
}

export interface FacetValue {
  value: string | null;
  count: number;
}

/**
 * SQL that counts the syncs under a filter as `n` for each combination of the facet columns, without reading them all;
 * undefined where it cannot.
 */
export type FacetCounter = (filter: ResolvedFilter, bind: Bind) => Promise<string | undefined>;

/** The fields that facets count by; the values of each are counted under the whole filter. */
const FACETS = Object.fromEntries(fieldsWith('facet').map(({ name, column }) => [name, column]));

const MAX_VALUES = 100;
/** Reads at once, of all the connections that there are: a write must never wait for a read. */
const MAX_READS = 8;

/** Reads the history under a filter. */
@Injectable()
export class SyncHistoryQueries {
  private readonly turns = pLimit(MAX_READS);
  private readonly list: SyncList;
  private counter?: FacetCounter;

  constructor(private readonly em: EntityManager) {
    this.list = new SyncList(em);
  }

  /** Throws `InvalidFilterError` and `InvalidCursorError`. */
  page(filter: HistoryFilter, request: PageRequest): Promise<HistoryPage> {
    return this.pageIn(RECORDS, filter, request);
  }

  /** The same as JSON text, with its syncs as the API shows them. */
  async pageText(filter: HistoryFilter, request: PageRequest): Promise<string> {
    const { items, ...page } = await this.pageIn(TEXTS, filter, request);
    return textWithStored({ items: new StoredJson(`[${items.map(({ text }) => text).join(',')}]`), ...page });
  }

  async count(filter: HistoryFilter): Promise<{ count: number; window: CoveredInterval }> {
    const resolved = resolveFilter(filter);
    const { bind, parameters } = binder();
    const text = `select count(*)::float8 as count from sync_history h where ${whereSql(resolved, bind)}`;
    const [row] = await this.query<{ count: number }>(text, parameters);
    return { count: row!.count, window: resolved.window };
  }

  /** How many syncs there are by each value of each facet, most first. */
  async facets(
    filter: HistoryFilter,
  ): Promise<{ total: number; facets: Record<FacetField, FacetValue[]>; window: CoveredInterval }> {
    const resolved = resolveFilter(filter, { looksAtAll: true });
    const { bind, parameters } = binder();
    const counted = (await this.counter?.(resolved, bind)) ?? combinationsSql(whereSql(resolved, bind));
    const rows = await this.query<FacetRow>(facetsSql(counted), parameters);
    const values = (column: string) =>
      rows
        .filter(({ facet }) => facet === column)
        .slice(0, MAX_VALUES)
        .map((row) => ({ value: row[column] ?? null, count: row.count }));
    const facets = Object.fromEntries(Object.entries(FACETS).map(([name, column]) => [name, values(column)]));
    return {
      total: rows.find(({ facet }) => facet === '')?.count ?? 0,
      facets: facets as Record<FacetField, FacetValue[]>,
      window: resolved.window,
    };
  }

  /** Whom to ask first for the counts of facets. */
  countFacetsWith(counter: FacetCounter): void {
    this.counter = counter;
  }

  private async pageIn<Item extends Pick<Cursor, 'id'> & { durationMs?: number | null }>(
    form: Form<Item>,
    filter: HistoryFilter,
    { sort = '-startedAt', limit = 50, cursor }: PageRequest,
  ): Promise<Page<Item> & { window: CoveredInterval }> {
    const question = questionDigest(filter, sort);
    const start = cursor === undefined ? undefined : readCursor(question, cursor);
    const resolved = { ...resolveFilter(filter), ...(start && { window: start.window }) };
    const { window } = resolved;
    const page = await pageFrom<Item, Cursor>(start, limit, {
      find: (place, count) => this.turns(() => this.list.read(form, { filter: resolved, sort, place, limit: count })),
      cursorTo: (direction, { id, durationMs = null }) => writeCursor(question, { direction, id, durationMs, window }),
    });
    return { ...page, window };
  }

  private query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    return this.turns(async () => {
      return (await query<Row>(this.em, { types: DRIVER_TYPES, text, values, withinMs: LONG_READ_MS })).rows;
    });
  }
}

type FacetRow = Record<string, string | null> & { facet: string; count: number };

/** Counts each combination once, which goes in parallel. */
function combinationsSql(where: string): string {
  const columns = Object.values(FACETS).join(', ');
  return `select ${columns}, count(*) as n from sync_history h where ${where} group by ${columns}`;
}

/** Adds up for each facet what is counted for each combination. */
function facetsSql(combinations: string): string {
  const columns = Object.values(FACETS).join(', ');
  const each = (template: (column: string) => string, between: string) =>
    Object.values(FACETS).map(template).join(between);
  return `select ${columns}, sum(n)::float8 as count,
      case ${each((column) => `when grouping(${column}) = 0 then '${column}'`, ' ')} else '' end as facet
    from (${combinations}) combination
    group by grouping sets (${each((column) => `(${column})`, ', ')}, ())
    order by count desc nulls last`;
}

export interface PageRequest {
  sort?: Sort;
  limit?: number;
  cursor?: string;
}
