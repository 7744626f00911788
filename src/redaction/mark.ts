import { createHmac } from 'node:crypto';

/** Hexadecimal digits of the hash: enough to tell secrets apart, and too few to be one. */
const HASH_DIGITS = 12;
const LONGEST_MARK = 60;

/** A mark anywhere in a text. */
const MARKS = /\[redacted: (\d{1,9}) characters, #([0-9a-f]{12})\]/g;
const MARK = /^\[redacted: \d{1,9} characters, #[0-9a-f]{12}\]$/;
/** How every mark begins. */
export const MARK_START = '[redacted: ';

/** What is known of a secret that was left out. */
export interface Mark {
  /** Characters of the secret. */
  length: number;
  /** The same for the same secret under the same key. */
  hash: string;
}

/** Where a mark stands in a text. */
export interface MarkRange extends Mark {
  start: number;
  end: number;
}

/** What takes the place of a secret, such as `[redacted: 24 characters, #1f3a9c02b5d7]`. */
export function markOf(secret: string, key: Buffer): string {
  const hash = createHmac('sha256', key).update(secret).digest('hex').slice(0, HASH_DIGITS);
  return `${MARK_START}${secret.length} characters, #${hash}]`;
}

export function isMark(text: string): boolean {
  return text.length <= LONGEST_MARK && MARK.test(text);
}

export function marksIn(text: string): MarkRange[] {
  if (!text.includes(MARK_START)) return [];
  return [...text.matchAll(MARKS)].map(({ index, 0: mark, 1: length, 2: hash }) => {
    return { start: index, end: index + mark.length, length: Number(length), hash: hash! };
  });
}
