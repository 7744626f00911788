import { cursorPart, decodeCursor, encodeCursor, InvalidCursorError } from '#http';
import { canonicalDigest, type Json } from '#json';
import type { HistoryFilter } from './history-filter.ts';
import type { CoveredInterval } from './sync-history.filter.ts';

export const SORTS = ['-startedAt', 'startedAt', '-durationMs', 'durationMs'] as const;
export type Sort = (typeof SORTS)[number];

/** Where a page ends, and the question that it belongs to. */
export interface Cursor {
  /** The page after (`next`) or before (`prev`) this place. */
  direction: 'next' | 'prev';
  id: string;
  /** The sorted value at this place; null sorts last. */
  durationMs: number | null;
  /** What the first page resolved a relative time to. */
  window: CoveredInterval;
}

/** Names filter and order, so that a cursor is refused with any other. */
export function questionDigest(filter: HistoryFilter, sort: Sort): string {
  const plain = JSON.parse(JSON.stringify([sort, filter])) as Json;
  return canonicalDigest(plain).slice(0, 16);
}

export function writeCursor(question: string, { direction, id, durationMs, window }: Cursor): string {
  const times = [window.from?.getTime() ?? null, window.to?.getTime() ?? null, window.default];
  return encodeCursor([question, direction, id, durationMs, times]);
}

/** Throws {@link InvalidCursorError} for what is none of ours, or belongs to another question. */
export function readCursor(question: string, cursor: string): Cursor {
  const [asked, direction, id, durationMs, times] = decodeCursor(cursor);
  if (asked !== question) throw new InvalidCursorError('it belongs to another filter or order');
  const [from, to, isDefault] = cursorPart.list(times);
  return {
    direction: cursorPart.direction(direction),
    id: cursorPart.uuid(id),
    durationMs: cursorPart.orNull(durationMs, cursorPart.integer),
    window: {
      from: cursorPart.orNull(from, cursorPart.moment),
      to: cursorPart.orNull(to, cursorPart.moment),
      default: cursorPart.boolean(isDefault),
    },
  };
}
