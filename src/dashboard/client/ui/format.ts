import type { Sync } from '../api/client.ts';

const NUMBER = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

export const formatCount = (count: number) => NUMBER.format(count);

/** `1 sync`, `1,200 syncs`. */
export const formatCounted = (count: number, thing: string, things = `${thing}s`) =>
  `${formatCount(count)} ${count === 1 ? thing : things}`;

export const formatCompact = (count: number) => COMPACT.format(count);

/** A share from 0 to 1. */
export function formatPercent(share: number | null): string {
  // 99.97 % must not read as if all were well.
  if (share === null) return '–';
  return `${Math.floor(share * 1000) / 10} %`;
}

export function formatDuration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** With its zone. */
export const formatMoment = (moment: string) => ABSOLUTE.format(new Date(moment));

export function formatAgo(moment: string, now = Date.now()): string {
  const ms = new Date(moment).getTime() - now;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(ms) >= size) ?? ['second', 1_000];
  return Math.abs(ms) < 5_000 ? 'just now' : RELATIVE.format(Math.round(ms / size), unit);
}

/** What a sync does, in a word. */
export const directionName = ({ direction, removal }: Pick<Sync, 'direction' | 'removal'>) =>
  removal ? 'Removal' : direction === 'PUSH' ? 'Push' : 'Pull';

/** The beginning of a hash or an id, enough to tell it from its neighbours. */
export const shortHash = (hash: string) => hash.slice(0, 8);

/** Of a UUIDv7 the end: ids of one minute begin alike. */
export const shortId = (id: string) => id.slice(-8);
