/**
 * A cursor among the events: a position, and the epoch in which it was given. A database that was restored, or lost its
 * last transactions in a failover, gives positions a second time, in an epoch of its own.
 */
export interface EventCursor {
  /** Undefined for a bare number, as it was given before there were epochs: it counts as one of the first. */
  epoch?: string;
  position: number;
}

/** The text of a cursor; a bare number is one too. */
export const EVENT_CURSOR = /^(?:([0-9a-f]{12})-)?(0|[1-9]\d{0,15})$/;

/** Undefined for what is no cursor. */
export function readEventCursor(text: string): EventCursor | undefined {
  const [, epoch, digits] = EVENT_CURSOR.exec(text) ?? [];
  const position = Number(digits);
  return Number.isSafeInteger(position) ? { ...(epoch && { epoch }), position } : undefined;
}

export function writeEventCursor({ epoch, position }: Required<EventCursor>): string {
  return `${epoch}-${position}`;
}
