import { Problem } from './error-answer.ts';

/** What a query string may hold. */
export type Query = Record<string, string | string[] | undefined>;

export interface Page<T> {
  items: T[];
  pageIndex: number;
  pageSize: number;
  totalCount: number;
}

/** One page of a list; `pageIndex` counts from 0, `pageSize` is 100 by default. */
export function pageOf<T>(all: T[], query: Query): Page<T> {
  const pageIndex = whole(query, 'pageIndex', 0, 0);
  const pageSize = whole(query, 'pageSize', 100, 1);
  const items = all.slice(pageIndex * pageSize, (pageIndex + 1) * pageSize);
  return { items, pageIndex, pageSize, totalCount: all.length };
}

/** A repeated query value, or one list with commas. */
export function listed(query: Query, name: string): string[] {
  return [query[name] ?? []].flat().flatMap((value) => value.split(','));
}

function whole(query: Query, name: string, unlessSaid: number, least: number): number {
  const text = query[name] ?? String(unlessSaid);
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  const detail = `The value '${String(text)}' is not a whole number from ${least} on.`;
  throw Problem.invalid(detail, [{ detail, field: name }]);
}
