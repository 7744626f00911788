import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import type { SyncQuery } from '../api/client.ts';

/** The members of the API's filter that take several values, and those that take one. */
export const LISTS = [
  'status',
  'outcome',
  'evidence',
  'platform',
  'environment',
  'direction',
  'trigger',
  'errorCode',
  'errorFingerprint',
  'typeKey',
  'kind',
  'actor',
  'deploymentId',
  'label',
  'versionHash',
  'callId',
  'statusClass',
] as const;
const SINGLES = ['q', 'forced', 'dateField', 'startDate', 'endDate', 'timeZone', 'last'] as const;

export type ListName = (typeof LISTS)[number];
export type SingleName = (typeof SINGLES)[number];
/** What is looked for; what it means, and whether it can be, the API says. */
export type Filter = Partial<Record<ListName, string[]> & Record<SingleName, string>>;

export const SORTS = ['-startedAt', 'startedAt', '-durationMs', 'durationMs'] as const;
export type Sort = (typeof SORTS)[number];

export interface HistoryAddress {
  filter: Filter;
  sort: Sort;
  change: (changes: Filter & { sort?: Sort }) => void;
  clear: () => void;
}

/** The filter and the order as they stand in the address, so that it can be shared. */
export function useHistoryAddress(): HistoryAddress {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const { filter, sort } = useMemo(() => readAddress(new URLSearchParams(text)), [text]);
  return {
    filter,
    sort,
    change: (changes) => setParams((before) => writeAddress(before, changes), { replace: true }),
    clear: () => setParams(new URLSearchParams(), { replace: true }),
  };
}

export function readAddress(params: URLSearchParams): { filter: Filter; sort: Sort } {
  const filter: Filter = {};
  for (const name of LISTS) if (params.has(name)) filter[name] = params.getAll(name);
  for (const name of SINGLES) filter[name] = params.get(name) ?? undefined;
  return { filter, sort: SORTS.find((sort) => sort === params.get('sort')) ?? '-startedAt' };
}

export function writeAddress(before: URLSearchParams, changes: Filter & { sort?: Sort }): URLSearchParams {
  const params = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name);
    for (const one of [value ?? []].flat()) if (one !== '') params.append(name, one);
  }
  if (params.get('sort') === '-startedAt') params.delete('sort');
  return params;
}

/** As the API takes it: values that are none of its own are its to refuse. */
export function queryOf(filter: Filter): SyncQuery {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as SyncQuery;
}

export function searchOf(filter: Filter): string {
  return writeAddress(new URLSearchParams(), filter).toString();
}
