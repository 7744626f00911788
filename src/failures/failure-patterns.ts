import type { FailurePatternDto } from './failures.dto.ts';
import type { SyncStatus } from '#recording';

/** Something that happened to the syncs of one target, told once; its evidence are ids, at most 10, spread over it. */
export type FailurePattern = FailurePatternDto;

/** What detection needs to know of a sync that is settled. */
export interface SettledSync {
  id: string;
  callId: string;
  kind: string;
  typeKey: string;
  direction: string;
  status: Exclude<SyncStatus, 'IN_PROGRESS'>;
  errorCode: string | null;
  statusCode: number | null;
  fingerprint: string | null;
  retryCount: number;
  durationMs: number | null;
  startedAt: Date;
}

/** Ids of at most 10 of these, the first and the last among them. */
export function evidenceOf(syncs: { id: string }[]): string[] {
  const step = Math.max(1, (syncs.length - 1) / 9);
  const indexes = Array.from({ length: Math.min(syncs.length, 10) }, (_, index) => Math.round(index * step));
  return indexes.map((index) => syncs[index]!.id);
}

export function typeKeysOf(syncs: { typeKey: string }[]): string[] {
  return [...new Set(syncs.map(({ typeKey }) => typeKey))].toSorted();
}

/** The value that at least so large a share has, or null. */
export function dominant<T>(values: T[], share: number): T | null {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most && most[1] >= share * values.length ? most[0] : null;
}
