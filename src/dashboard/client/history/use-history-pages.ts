import { shallowEqual } from '@mantine/hooks';
import { useQueries } from '@tanstack/react-query';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { http, type Sync } from '../api/client.ts';
import { type Filter, queryOf, type Sort } from './filter.ts';
import { HISTORY_PAGE, type Page, startOfList, useHistoryList, withPage } from './history-list.tsx';

const PAGE_SIZE = 100;
/** What is out of sight is forgotten after this, and asked for again by its cursor. */
const FORGET_MS = 30_000;

/** Pages in sight, from 0. */
export interface Sight {
  firstPage: number;
  lastPage: number;
}

/** What is to be there while these rows are on the screen: half a page ahead. */
export function sightOf(firstRow: number, lastRow: number): Sight {
  return { firstPage: pageOf(firstRow), lastPage: pageOf(lastRow + PAGE_SIZE / 2) };
}

const pageOf = (row: number) => Math.floor(row / PAGE_SIZE);

export interface HistoryPages {
  /** Another for each list that is begun, which is to be seen from its top. */
  epoch: number;
  /** Rows that can be scrolled to: those of all pages seen so far. */
  count: number;
  rowAt: (index: number) => Sync | undefined;
  /** All rows of the pages in sight: the same list as long as they are the same rows. */
  rows: Sync[];
  window: Page['window'] | undefined;
  error: unknown;
  isLoading: boolean;
  /** Whether what is shown belongs to the question before. */
  isStale: boolean;
  /** Syncs that began and stand on no page that was read. */
  arrived: number;
  refresh: () => void;
}

/**
 * An endless list with bounded memory: each page is asked for by the cursor that the page before it gave, and only the pages
 * in sight are kept. What happens meanwhile changes rows in their place, and moves none.
 */
export function useHistoryPages(filter: Filter, sort: Sort, sight: Sight): HistoryPages {
  const [list, setList] = useHistoryList();
  const question = useMemo(() => JSON.stringify([filter, sort]), [filter, sort]);
  const isNew = list.question !== question;
  const current = isNew ? startOfList(question, filter, list.epoch + 1) : list;
  useLayoutEffect(() => {
    if (isNew) setList(current);
  });

  const firstPage = Math.min(sight.firstPage, current.cursors.length - 1);
  const lastPage = Math.min(sight.lastPage, current.cursors.length - 1);
  const wanted = Array.from({ length: Math.max(lastPage - firstPage, 0) + 1 }, (_, offset) => firstPage + offset);
  // Shown until the answer to the next question is there.
  const shown = useRef<Page>(undefined);
  const results = useQueries({
    queries: wanted.map((page) => ({
      queryKey: [HISTORY_PAGE, current.epoch, page],
      queryFn: async () => {
        const cursor = current.cursors[page] || undefined;
        const query = { ...queryOf(filter), sort, limit: PAGE_SIZE, cursor };
        const { data, error } = await http.GET('/api/v1/sync/history', { params: { query } });
        if (error) throw error;
        setList((before) => (before.epoch === current.epoch ? withPage(before, page, data) : before));
        return data;
      },
      staleTime: Infinity,
      gcTime: FORGET_MS,
      placeholderData: page === 0 ? () => shown.current : undefined,
      refetchOnWindowFocus: false,
    })),
  });

  const pageAt = new Map(wanted.map((page, index) => [page, results[index]!.data]));
  const rows = useFlat(results.map(({ data }) => data?.items));
  const refresh = useCallback(
    () => setList(({ question, filter, epoch }) => startOfList(question, filter, epoch + 1)),
    [setList],
  );

  const first = results[0];
  useEffect(() => {
    if (firstPage === 0) shown.current = first?.data;
  }, [firstPage, first?.data]);
  const known = (current.cursors.length - 1) * PAGE_SIZE;
  const newest = pageAt.get(current.cursors.length - 1)?.items.length ?? current.lastPage;
  return {
    epoch: current.epoch,
    count: known + newest,
    rowAt: (index) => pageAt.get(pageOf(index))?.items[index % PAGE_SIZE],
    rows,
    window: first?.data?.window,
    error: results.find((result) => result.error)?.error ?? null,
    isLoading: results.some((result) => result.isPending),
    isStale: first?.isPlaceholderData ?? false,
    arrived: current.arrived.length,
    refresh,
  };
}

/** The lists as one, made anew only when one of them is another. */
function useFlat<T>(lists: (T[] | undefined)[]): T[] {
  const held = useRef(lists);
  if (!shallowEqual(held.current, lists)) held.current = lists;
  const same = held.current;
  return useMemo(() => same.flatMap((list) => list ?? []), [same]);
}
