import { validate as isUuid } from 'uuid';
import { EARLIEST, LATEST } from '#validation';
import { DomainError } from '../domain-error.ts';

const MAX_INTEGER = 2 ** 31 - 1;

export class InvalidCursorError extends DomainError {
  readonly code = 'INVALID_CURSOR';
  readonly httpStatus = 400;

  constructor(why = 'it has an unknown form') {
    super(`The cursor is invalid: ${why}. Leave it out to start at the first page.`);
  }
}

/** A cursor is opaque to its receiver. */
export function encodeCursor(parts: unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * What {@link encodeCursor} was given; anything, where the cursor is none of ours: read each part with
 * {@link cursorPart}. Throws {@link InvalidCursorError}.
 */
export function decodeCursor(cursor: string): unknown[] {
  try {
    return cursorPart.list(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new InvalidCursorError();
  }
}

/** Parts of a cursor as PostgreSQL can take them: a cursor is not signed. Each throws {@link InvalidCursorError}. */
export const cursorPart = {
  direction: partOf((part): part is 'next' | 'prev' => part === 'next' || part === 'prev'),
  uuid: partOf((part): part is string => typeof part === 'string' && isUuid(part)),
  boolean: partOf((part): part is boolean => typeof part === 'boolean'),
  list: partOf((part): part is unknown[] => Array.isArray(part)),
  /** From 0 to what the type `integer` holds. */
  integer: partOf((part): part is number => isWhole(part, 0, MAX_INTEGER)),
  /** Milliseconds since 1970, of a time that PostgreSQL and we write alike. */
  moment: (part: unknown): Date => new Date(milliseconds(part)),
  orNull: <T>(part: unknown, read: (part: unknown) => T): T | null => (part === null ? null : read(part)),
};

function partOf<T>(isSo: (part: unknown) => part is T): (part: unknown) => T {
  return (part) => {
    if (isSo(part)) return part;
    throw new InvalidCursorError();
  };
}

function milliseconds(part: unknown): number {
  if (isWhole(part, EARLIEST.getTime(), LATEST.getTime())) return part;
  throw new InvalidCursorError();
}

function isWhole(part: unknown, lowest: number, highest: number): part is number {
  return typeof part === 'number' && Number.isInteger(part) && part >= lowest && part <= highest;
}
