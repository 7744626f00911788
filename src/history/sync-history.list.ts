import type { EntityManager } from '@mikro-orm/core';
import {
  DRIVER_TYPES,
  inTransaction,
  LONG_READ_MS,
  PreparedStatements,
  query,
  type StatementConfig,
  TEXT_TYPES,
  type Transaction,
} from '#database';
import type { TextRow } from '#json';
import { SHOWN_COLUMNS, SYNC_COLUMNS, type SyncRecord, type SyncText, syncText } from '#recording';
import type { Cursor, Sort } from './sync-history.cursor.ts';
import { binder, type ResolvedFilter, whereSql } from './sync-history.filter.ts';
import { MAX_WALKED, MAX_WALKED_FAR, walkStatement } from './sync-history.walk.ts';

/** As what syncs come from the database. */
export interface Form<Item> extends Pick<StatementConfig, 'types' | 'rowMode'> {
  columns: string;
  read: (row: never) => Item;
  /** Of a row of a walk: whether it says that there is more. */
  isCut: (row: never) => boolean;
}

export const RECORDS: Form<SyncRecord> = {
  columns: SYNC_COLUMNS,
  types: DRIVER_TYPES,
  read: ({ is_cut: _isCut, ...record }: SyncRecord & { is_cut: boolean }) => record,
  isCut: ({ is_cut }: { is_cut: boolean }) => is_cut,
};

export const TEXTS: Form<SyncText> = {
  columns: SHOWN_COLUMNS,
  types: TEXT_TYPES,
  rowMode: 'array',
  read: syncText,
  isCut: (row: TextRow) => row.at(-1) === 't',
};

/** Which syncs: the first ones under a filter in some order, from a place on. */
export interface ListRequest {
  filter: ResolvedFilter;
  sort: Sort;
  place: Cursor | undefined;
  limit: number;
}

/** Reads the syncs of a page. */
export class SyncList {
  private readonly prepared: PreparedStatements;

  constructor(private readonly em: EntityManager) {
    this.prepared = new PreparedStatements(em);
  }

  /** Mostly along an index. Where few of many match, by a statement that is planned for what is asked. */
  async read<Item>(form: Form<Item>, request: ListRequest): Promise<Item[]> {
    const rows = (await this.walk(form, request)) ?? (await this.search(form, request));
    return rows.map(form.read);
  }

  /** Undefined where walks are not the way, or end before they have enough. */
  private async walk<Item>(form: Form<Item>, request: ListRequest): Promise<never[] | undefined> {
    const { columns, isCut } = form;
    const { sort, place, filter, limit } = request;
    // Durations have no index, and the indexes of calls and deployments have no order.
    if (isByDuration(sort) || filter.callId !== undefined || filter.label !== undefined) return undefined;
    const asked = { filter, place, limit, descending: isDescending(sort, place) };
    const { text, values } = walkStatement(columns, { ...asked, most: MAX_WALKED });
    const { rows } = await this.prepared.query<never>({ ...howOf(form), text, values });
    if (rows.length === 0 || !isCut(rows.at(-1)!)) return rows;
    if (rows.length > 1) return undefined;
    const far = await this.ask(form, walkStatement(columns, { ...asked, most: MAX_WALKED_FAR }));
    if (far.length === 0 || !isCut(far.at(-1)!)) return far;
    return far.length > 1 ? undefined : await this.searchRare(form, request);
  }

  private search<Item>(form: Form<Item>, request: ListRequest): Promise<never[]> {
    return this.ask(form, searchStatement(form.columns, request));
  }

  /**
   * What was in none of so many syncs is looked up in indexes, by their bitmaps. The planner takes an unknown value for one of
   * usual frequency, and would go through a month to find a page of it.
   */
  private searchRare<Item>(form: Form<Item>, request: ListRequest): Promise<never[]> {
    const statement = { ...howOf(form), ...searchStatement(form.columns, request) };
    const search = async (transaction: Transaction) => (await transaction.query<never>(statement)).rows;
    return inTransaction(this.em, search, LONG_READ_MS, {
      first: 'set local enable_seqscan = off; set local enable_indexscan = off',
    });
  }

  private async ask<Item>(form: Form<Item>, statement: { text: string; values: unknown[] }): Promise<never[]> {
    return (await query<never>(this.em, { ...howOf(form), ...statement })).rows;
  }
}

function howOf<Item>({ types, rowMode }: Form<Item>) {
  return { types, rowMode, withinMs: LONG_READ_MS };
}

function searchStatement(columns: string, { filter, sort, place, limit }: ListRequest) {
  const { bind, parameters: values } = binder();
  const order = isDescending(sort, place) ? 'desc' : 'asc';
  // A sync without a duration sorts as the shortest.
  const keys = isByDuration(sort) ? ['coalesce(h.duration_ms, -1)', 'h.id'] : ['h.id'];
  const conditions = [whereSql(filter, bind)];
  if (place) {
    const id = bind(place.id, 'uuid');
    const bound = isByDuration(sort) ? `(${bind(place.durationMs ?? -1, 'integer')}, ${id})` : id;
    conditions.push(`(${keys.join(', ')}) ${order === 'desc' ? '<' : '>'} ${bound}`);
  }
  const text = `select ${columns} from sync_history h where ${conditions.join(' and ')}
    order by ${keys.map((key) => `${key} ${order}`).join(', ')} limit ${bind(limit, 'integer')}`;
  return { text, values };
}

function isByDuration(sort: Sort): boolean {
  return sort.endsWith('durationMs');
}

function isDescending(sort: Sort, place: Cursor | undefined): boolean {
  return sort.startsWith('-') !== (place?.direction === 'prev');
}
