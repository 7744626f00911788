import { createHash } from 'node:crypto';
import type { SyncStatus } from './sync.ts';

/** What went wrong, with whom. */
export interface FingerprintedError {
  status: SyncStatus;
  errorCode: string | null;
  statusCode: number | null;
  errorMessage: string | null;
  /** The key of the sync itself; null where it is not known. */
  typeKey: string | null;
}

/** What a fingerprint looks like. */
export const FINGERPRINT = /^[0-9a-f]{16}$/;
/** Goes into every fingerprint: an algorithm that tells errors apart otherwise takes the next number. */
const VERSION = 1;
const MAX_INPUT = 10_000;
const MAX_MASK = 300;
/** What takes the place of everything that differs from one sync to the next. */
const MASK = '…';

/** The same for errors that differ only in what {@link maskedMessage} hides: 16 hexadecimal digits; null for a success. */
export function errorFingerprint(error: FingerprintedError): string | null {
  if (error.status === 'SUCCESS' || error.status === 'IN_PROGRESS') return null;
  const text = maskedMessage(error.errorMessage ?? '', error.typeKey);
  const told = JSON.stringify([VERSION, error.errorCode, error.statusCode, text]);
  return createHash('sha256').update(told).digest('hex').slice(0, 16);
}

/**
 * A message without what names a case: quoted parts, numbers, dates, ids, hashes, addresses, names in camel case or with
 * dots, and the type's own key. Several of them in a row become one. Takes time in proportion to the message's length,
 * of which only the beginning counts.
 */
export function maskedMessage(message: string, typeKey: string | null = null): string {
  const text = message.slice(0, MAX_INPUT);
  const unquoted = new ClosingQuotes(text);
  let masked = '';
  /** What stands between two masks, as long as it may be nothing but a list. */
  let since: string | null = null;
  for (let at = 0; at < text.length && masked.length + (since ?? '').length < MAX_MASK;) {
    const token = tokenAt(text, at, unquoted, typeKey);
    at = token.end;
    if (token.isMasked) {
      if (since === null || !isListing(since)) masked += (since ?? '') + MASK;
      since = '';
    } else if (since === null) {
      masked += token.text;
    } else {
      since += token.text;
    }
  }
  return (masked + (since ?? '')).slice(0, MAX_MASK).trim();
}

interface Token {
  end: number;
  text: string;
  isMasked: boolean;
}

const SPACE = /\s+/y;
const ADDRESS = /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>()[\]{},;]*/iy;
// Letters and joiners exclude each other, so there is one way to match and nothing to go back to.
const WORD = /[\p{L}\p{N}_]+(?:[-.:+@#$%=~&][\p{L}\p{N}_]+)*/uy;

function tokenAt(text: string, at: number, quotes: ClosingQuotes, typeKey: string | null): Token {
  const masked = (end: number): Token => ({ end, text: MASK, isMasked: true });
  const plain = (shown: string, end: number): Token => ({ end, text: shown, isMasked: false });
  if (typeKey && text.startsWith(typeKey, at) && isWhole(text, at, at + typeKey.length)) {
    return masked(at + typeKey.length);
  }
  const closing = quotes.closing(at);
  if (closing !== undefined) return masked(closing + 1);
  const space = matchAt(SPACE, text, at);
  if (space) return plain(' ', at + space.length);
  const address = matchAt(ADDRESS, text, at);
  // The full stop after an address belongs to the sentence.
  if (address) return masked(at + (/[.:!?]$/.test(address) ? address.length - 1 : address.length));
  const word = matchAt(WORD, text, at);
  if (!word) return plain(text[at]!, at + 1);
  return isNaming(word) ? masked(at + word.length) : plain(word, at + word.length);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

const MAX_WORD = 40;

/** Whether a word names one case: it has a digit, an address' `@`, a dot, a hump, or is as long as no word is. */
function isNaming(word: string): boolean {
  if (word.length > MAX_WORD || /[\p{N}@.]/u.test(word) || /^[0-9a-f]{7,}$/i.test(word)) return true;
  return /\p{Ll}\p{Lu}/u.test(word) && !/(Error|Exception)$/.test(word);
}

const LISTED = /^(?:[\s.,:;/|+-]|and|or)*$/;

/** Whether two masks with this between them are a list, or one thing that is written in pieces. */
function isListing(between: string): boolean {
  return between.length <= 8 && LISTED.test(between);
}

const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

function isWhole(text: string, from: number, to: number): boolean {
  return !WORD_CHARACTER.test(text[from - 1] ?? ' ') && !WORD_CHARACTER.test(text[to] ?? ' ');
}

const CLOSING: Record<string, string> = { '"': '"', "'": "'", '`': '`', '“': '”', '„': '“', '‘': '’', '«': '»' };

/** Finds where quotes end; what has no end further on is not looked for again. */
class ClosingQuotes {
  private readonly missing = new Set<string>();

  constructor(private readonly text: string) {}

  /** The end of the quote that opens here, if one does. An apostrophe opens none, and ends none. */
  closing(at: number): number | undefined {
    const open = this.text[at]!;
    const close = CLOSING[open];
    if (!close || this.missing.has(open) || WORD_CHARACTER.test(this.text[at - 1] ?? ' ')) return undefined;
    for (let end = this.text.indexOf(close, at + 1); end >= 0; end = this.text.indexOf(close, end + 1)) {
      if (close !== "'" && close !== '’') return end;
      if (!WORD_CHARACTER.test(this.text[end + 1] ?? ' ')) return end;
    }
    this.missing.add(open);
    return undefined;
  }
}
