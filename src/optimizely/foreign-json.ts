import { isJsonObject, type Json } from '#snapshot';

/** Deeper nesting than any content model has; foreign JSON beyond it is refused before it is parsed. */
const MAX_DEPTH = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Parses JSON that a stranger sent. Every key and string passes through `clean`; lone surrogates become U+FFFD.
 * Throws an Error for bytes that are no UTF-8 or no JSON, for nesting beyond 200 and for numbers beyond a double.
 */
export function parseForeignJson(bytes: Uint8Array, clean: (text: string) => string): Json {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (isTooDeep(text)) throw new RangeError(`it is nested deeper than ${MAX_DEPTH} levels`);
  const parsed: Json = JSON.parse(text);
  return cleaned(parsed, (part) => clean(part.toWellFormed()));
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (OPENING.has(code) && ++depth > MAX_DEPTH) return true;
    else if (CLOSING.has(code)) depth--;
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text.charCodeAt(index) !== QUOTE) index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}

function cleaned(value: Json, clean: (text: string) => string): Json {
  if (typeof value === 'string') return clean(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('it holds a number that is too large');
  if (Array.isArray(value)) return value.map((item) => cleaned(item, clean));
  // Object.fromEntries makes own keys of `__proto__` and the like.
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [clean(key), cleaned(member, clean)]));
  }
  return value;
}
