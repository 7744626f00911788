import { useSearchParams } from 'wouter';
import type { AccessQuery } from '../api/client.ts';

/** Members of the filter that take several values in the API, and one here. */
export const TEXTS = ['actor', 'address', 'platform', 'environment', 'subject', 'code'] as const;
export type TextName = (typeof TEXTS)[number];

const DAY_MS = 24 * 60 * 60 * 1_000;
export const TIMES = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
];

/** The filter of the page, which stands in its address. */
export interface AccessFilter extends Partial<Record<TextName, string>> {
  action?: string;
  /** Days until now. */
  days?: string;
}

export function useAccessFilter(): [AccessFilter, (changes: AccessFilter) => void] {
  const [params, setParams] = useSearchParams();
  const filter = Object.fromEntries([...params].filter(([, value]) => value !== '')) as AccessFilter;
  const change = (changes: AccessFilter) => {
    const next = Object.entries({ ...filter, ...changes }).filter(([, value]) => value);
    setParams(next, { replace: true });
  };
  return [filter, change];
}

/** The filter as the API takes it; the time is as of now. */
export function accessQuery(filter: AccessFilter): AccessQuery {
  const days = TIMES.find(({ value }) => value === filter.days)?.value;
  return {
    ...Object.fromEntries(TEXTS.flatMap((name) => (filter[name] ? [[name, [filter[name]]]] : []))),
    ...(filter.action && { action: [filter.action] as AccessQuery['action'] }),
    ...(days && { from: new Date(Date.now() - Number(days) * DAY_MS).toISOString() }),
  };
}
