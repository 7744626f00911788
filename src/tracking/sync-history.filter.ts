import type { FilterQuery } from '@mikro-orm/core';
import { validate as isUuid } from 'uuid';
import type { Direction, SyncStatus } from './sync.ts';
import { InvalidCursorError } from './sync.errors.ts';
import type { SyncRecord } from './sync-record.entity.ts';

/** What a history is asked for; everything given must hold. */
export interface HistoryFilter {
  typeKey?: string;
  kind?: string;
  platform?: string;
  environment?: string;
  status?: SyncStatus;
  direction?: Direction;
  deploymentId?: string;
  versionHash?: string;
  actor?: string;
  errorCode?: string;
  /** Started at or after. */
  startDate?: Date;
  /** Started before. */
  endDate?: Date;
}

export interface HistoryPage {
  items: SyncRecord[];
  /** The cursor of the next page, or null at the end. */
  next: string | null;
}

/** Clocks of services and of the database differ by less than this; ids are made by services. */
const CLOCK_SLACK_MS = 60 * 60 * 1000;

export function historyWhere(filter: HistoryFilter): FilterQuery<SyncRecord> {
  const { platform, status, direction, startDate, endDate, ...same } = filter;
  const where = {
    ...same,
    targetPlatform: platform,
    syncStatus: status,
    syncDirection: direction,
    startedAt: range(startDate, endDate),
    // The id begins with its time: this is what lets whole months be left out.
    id: range(startDate && uuidAt(startDate, -CLOCK_SLACK_MS), endDate && uuidAt(endDate, CLOCK_SLACK_MS)),
  };
  return Object.fromEntries(
    Object.entries(where).filter(([, value]) => value !== undefined),
  ) as FilterQuery<SyncRecord>;
}

export function cursorAfter(sync: SyncRecord): string {
  return Buffer.from(sync.id).toString('base64url');
}

export function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!isUuid(id)) throw new InvalidCursorError();
  return id;
}

function range<T>(from: T | undefined, to: T | undefined): { $gte?: T; $lt?: T } | undefined {
  if (from === undefined && to === undefined) return undefined;
  return { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) };
}

/** The smallest UUIDv7 of a moment. */
function uuidAt(moment: Date, shiftMs: number): string {
  const time = Math.max(moment.getTime() + shiftMs, 0)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}
