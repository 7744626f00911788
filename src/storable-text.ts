/** A value of JSON; this file knows no room. */
type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

const MAX_LENGTH = 10_000;
/** What `JSON.stringify` writes for a NUL or half a surrogate pair; a text that only looks like it is cleaned in vain. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;
const LONE_SURROGATE = /\\ud[89a-f]/;
const OWN = { enumerable: true, writable: true, configurable: true };

/**
 * Foreign text as every column, event and export can hold it: U+FFFD for NUL and half a surrogate pair, at most `longest`
 * characters. A text that is cut ends with its mark, such as `… [cut from 20000 characters]`.
 */
export function storableText(text: string, longest?: number): string;
export function storableText(text: string | undefined, longest?: number): string | undefined;
export function storableText(text: string | undefined, longest = MAX_LENGTH): string | undefined {
  if (text === undefined) return undefined;
  const storable = text.toWellFormed().replaceAll('\0', '\uFFFD');
  if (storable.length <= longest) return storable;
  const mark = `… [cut from ${text.length} characters]`;
  // Without the half of a character that is cut in two.
  return `${storable.slice(0, longest - mark.length).replace(/[\ud800-\udbff]$/, '')}${mark}`;
}

/** Whether a text of JSON is as {@link storableJson} makes it. */
export function isStorableJson(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Foreign JSON with every text and key as {@link storableText} has it, of any length. */
export function storableJson<T extends object>(json: T): T {
  const text = JSON.stringify(json);
  return !isStorableJson(text)
    ? (mapped(JSON.parse(text) as Value, (part) => storableText(part, Infinity)) as T)
    : json;
}

/** Foreign JSON with U+FFFD for each half of a surrogate pair, as a snapshot can hold it; the same value where there is none. */
export function wellFormedJson<T>(json: T): T {
  const text = JSON.stringify(json);
  return LONE_SURROGATE.test(text) ? (mapped(JSON.parse(text) as Value, (part) => part.toWellFormed()) as T) : json;
}

function mapped(value: Value, change: (text: string) => string): Value {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((element) => mapped(element, change));
  if (typeof value !== 'object' || value === null) return value;
  const object = {};
  // An own key such as `__proto__` stays one.
  for (const [key, member] of Object.entries(value))
    Object.defineProperty(object, change(key), { value: mapped(member, change), ...OWN });
  return object;
}
