import { useQueryClient } from '@tanstack/react-query';
import { createContext, type Dispatch, type ReactNode, type SetStateAction, use, useState } from 'react';
import type { Schemas, Sync } from '../api/client.ts';
import type { LiveEvent } from '../live/live-events.ts';
import { useLiveEvents } from '../live/use-live.ts';
import type { Filter } from './filter.ts';

export type Page = Schemas['SyncPageDto'];
/** With this the query keys of pages begin; the epoch of their list and their number follow. */
export const HISTORY_PAGE = 'history-page';

/** How far an endless list has been followed. */
interface HistoryList {
  /** Filter and order, as text. */
  question: string;
  filter: Filter;
  /** Another for each list that is begun: none takes the pages of another for its own. */
  epoch: number;
  /** By which each page that is known to exist is asked for. */
  cursors: string[];
  /** Rows of the page after those, once it is known to be the last. */
  lastPage: number;
  /** The ids of syncs that began and stand on no page that was read. */
  arrived: string[];
}

export function startOfList(question: string, filter: Filter, epoch: number): HistoryList {
  return { question, filter, epoch, cursors: [''], lastPage: 0, arrived: [] };
}

/** With the cursor of the page after. A first page that is no longer as it was begins the list anew. */
export function withPage(list: HistoryList, page: number, { items, next }: Page): HistoryList {
  const isLast = page === list.cursors.length - 1;
  if (!isLast && (page > 0 || list.cursors[1] === next)) return list;
  const cursors = list.cursors.slice(0, page + 1);
  const arrived = isLast ? without(list.arrived, items) : [];
  return next === null
    ? { ...list, cursors, arrived, lastPage: items.length }
    : { ...list, cursors: [...cursors, next], arrived, lastPage: 0 };
}

/** A sync may be read before its event comes. */
function without(ids: string[], items: { id: string }[]): string[] {
  const read = new Set(items.map(({ id }) => id));
  return ids.filter((id) => !read.has(id));
}

type HistoryListState = [HistoryList, Dispatch<SetStateAction<HistoryList>>];
const Context = createContext<HistoryListState | undefined>(undefined);

/** Stands above the pages: who comes back to the list finds it where it was left, with what happened meanwhile. */
export function HistoryListProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const state = useState(startOfList('', {}, 0));
  const [, setList] = state;
  useLiveEvents((events) => {
    patchRows(events, (change) => queries.setQueriesData<Page>({ queryKey: [HISTORY_PAGE] }, change));
    const read = queries.getQueriesData<Page>({ queryKey: [HISTORY_PAGE] }).flatMap(([, page]) => page?.items ?? []);
    setList((list) => {
      const began = events.filter((event) => event.type === 'sync.recorded' && mayMatch(event, list.filter));
      const arrived = without(
        began.map(({ sync }) => sync!.id),
        read,
      );
      return arrived.length > 0 ? { ...list, arrived: [...list.arrived, ...arrived] } : list;
    });
  });
  return <Context value={state}>{children}</Context>;
}

export function useHistoryList(): HistoryListState {
  return use(Context)!;
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
  const said: Partial<Sync> = data;
  if (type === 'sync.outcome_known') return { outcome: said.outcome, evidence: said.evidence };
  if (!['sync.succeeded', 'sync.failed', 'sync.partial'].includes(type)) return {};
  return {
    statusCode: null,
    errorCode: null,
    errorMessage: null,
    ...said,
    status: sync!.status,
    completedAt: createdAt,
  };
}
