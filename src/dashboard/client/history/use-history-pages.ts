import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { http, type Schemas, type Sync } from '../api/client.ts';
import type { LiveEvent } from '../live/live-events.ts';
import { useLiveEvents } from '../live/use-live.ts';
import { type Filter, queryOf, type Sort } from './filter.ts';

export const PAGE_SIZE = 100;
/** What is out of sight is forgotten after this, and asked for again by its cursor. */
const FORGET_MS = 30_000;

type Page = Schemas['SyncPageDto'];

export interface HistoryPages {
  /** Rows that can be scrolled to: those of all pages seen so far. */
  count: number;
  rowAt: (index: number) => Sync | undefined;
  window: Page['window'] | undefined;
  error: unknown;
  isLoading: boolean;
  /** Whether what is shown belongs to the question before. */
  isStale: boolean;
  /** Syncs that began since the first page was read. */
  arrived: number;
  refresh: () => void;
}

/**
 * An endless list with bounded memory: each page is asked for by the cursor that the page before it gave, and only the pages
 * in sight are kept. What happens meanwhile changes rows in their place, and moves none.
 */
export function useHistoryPages(filter: Filter, sort: Sort, visible: { first: number; last: number }): HistoryPages {
  const queries = useQueryClient();
  const question = useMemo(() => JSON.stringify([filter, sort]), [filter, sort]);
  const [state, setState] = useState({
    question,
    epoch: 0,
    cursors: [''] as (string | null)[],
    lastPage: 0,
    arrived: 0,
  });
  const isNew = state.question !== question;
  const current = isNew ? { ...state, question, cursors: [''], lastPage: 0, arrived: 0 } : state;
  if (isNew) setState(current);

  const firstPage = Math.min(Math.floor(visible.first / PAGE_SIZE), current.cursors.length - 1);
  const lastPage = Math.min(Math.floor((visible.last + PAGE_SIZE / 2) / PAGE_SIZE), current.cursors.length - 1);
  const wanted = Array.from({ length: Math.max(lastPage - firstPage, 0) + 1 }, (_, offset) => firstPage + offset);
  // Shown until the answer to the next question is there.
  const shown = useRef<Page>(undefined);
  const results = useQueries({
    queries: wanted.map((page) => ({
      queryKey: ['history-page', question, current.epoch, page],
      queryFn: async () => {
        const cursor = current.cursors[page] || undefined;
        const query = { ...queryOf(filter), sort, limit: PAGE_SIZE, cursor };
        const { data, error } = await http.GET('/api/v1/sync/history', { params: { query } });
        if (error) throw error;
        setState((before) => (before.question === question ? withPage(before, page, data) : before));
        return data;
      },
      staleTime: Infinity,
      gcTime: FORGET_MS,
      placeholderData: page === 0 ? () => shown.current : undefined,
      refetchOnWindowFocus: false,
    })),
  });

  const pageAt = new Map(wanted.map((page, index) => [page, results[index]!.data]));
  useLiveEvents((events) => {
    patchRows(events, (change) => queries.setQueriesData<Page>({ queryKey: ['history-page', question] }, change));
    const began = events.filter((event) => event.type === 'sync.recorded' && mayMatch(event, filter)).length;
    if (began > 0) setState((before) => ({ ...before, arrived: before.arrived + began }));
  });
  const refresh = useCallback(
    () => setState((before) => ({ ...before, epoch: before.epoch + 1, cursors: [''], lastPage: 0, arrived: 0 })),
    [],
  );

  const first = results[0];
  useEffect(() => {
    if (firstPage === 0) shown.current = first?.data;
  }, [firstPage, first?.data]);
  const known = (current.cursors.length - 1) * PAGE_SIZE;
  const newest = pageAt.get(current.cursors.length - 1)?.items.length ?? current.lastPage;
  return {
    count: known + newest,
    rowAt: (index) => pageAt.get(Math.floor(index / PAGE_SIZE))?.items[index % PAGE_SIZE],
    window: first?.data?.window,
    error: results.find((result) => result.error)?.error ?? null,
    isLoading: results.some((result) => result.isPending),
    isStale: first?.isPlaceholderData ?? false,
    arrived: current.arrived,
    refresh,
  };
}

interface Progress {
  cursors: (string | null)[];
  lastPage: number;
}

/** The cursor of the page after, once: it stays the same. */
function withPage<T extends Progress>(before: T, page: number, { items, next }: Page): T {
  if (page !== before.cursors.length - 1) return before;
  return next === null
    ? { ...before, lastPage: items.length }
    : { ...before, cursors: [...before.cursors, next], lastPage: 0 };
}

/** Whether a sync that began may stand under a filter, by what its event says. */
function mayMatch({ sync }: LiveEvent, filter: Filter): boolean {
  if (!sync) return false;
  const has = (values: string[] | undefined, value: string) => !values || values.includes(value);
  return (
    has(filter.typeKey, sync.typeKey) &&
    has(filter.kind, sync.kind) &&
    has(filter.platform, sync.platform) &&
    has(filter.environment, sync.environment) &&
    has(filter.direction, sync.direction) &&
    (!filter.deploymentId || filter.deploymentId.includes(sync.deploymentId ?? '')) &&
    (filter.status === undefined || filter.status.includes('IN_PROGRESS'))
  );
}

/** What an event says of a sync, on its row; the rest of the list stays the same objects. */
function patchRows(events: LiveEvent[], apply: (change: (page: Page | undefined) => Page | undefined) => void): void {
  const changes = new Map(events.filter(({ sync }) => sync).map((event) => [event.sync!.id, changeOf(event)]));
  apply((page) => {
    if (!page?.items.some(({ id }) => changes.has(id))) return page;
    return { ...page, items: page.items.map((row) => ({ ...row, ...changes.get(row.id) })) };
  });
}

function changeOf({ type, sync, data, createdAt }: LiveEvent): Partial<Sync> {
  if (type === 'attempt.failed') return { retryCount: Number(data.attempt) };
  if (!['sync.succeeded', 'sync.failed', 'sync.partial'].includes(type)) return {};
  const said: Partial<Sync> = data;
  return {
    statusCode: null,
    errorCode: null,
    errorMessage: null,
    ...said,
    status: sync!.status,
    completedAt: createdAt,
  };
}
