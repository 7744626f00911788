import { createHash, hash } from 'node:crypto';
import { TimeSlice } from '#pace';
import { NotJsonError } from './not-json.error.ts';
import { smallCanonicalJson } from './small-canonical-json.ts';
import { pointerSegment } from './json-pointer.ts';

const CHUNK_CHARACTERS = 16_384;
/** Keys that are sorted in one go. */
const RUN = 1_000;

/** The canonical JSON of a value (RFC 8785). Throws {@link NotJsonError} for what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const small = smallCanonicalJson(value);
  if (small !== undefined) return small;
  let text = '';
  for (const chunk of canonicalChunks(value)) text += chunk;
  return text;
}

/** SHA-256 of the canonical JSON (RFC 8785) in UTF-8, as 64 lower-case hexadecimal digits. */
export function canonicalDigest(value: unknown): string {
  return hash('sha256', canonicalJson(value));
}

/**
 * The same for a value of any size: gives way to other work every few milliseconds. Half a surrogate pair in a text counts
 * as its escape with `loneSurrogates`.
 */
export async function canonicalDigestAsync(value: unknown, { loneSurrogates = false } = {}): Promise<string> {
  const small = smallCanonicalJson(value);
  if (small !== undefined) return hash('sha256', small);
  const sha256 = createHash('sha256');
  const slice = new TimeSlice();
  for (const chunk of canonicalChunks(value, loneSurrogates)) {
    sha256.update(chunk);
    if (slice.isOver) await slice.giveWay();
  }
  return sha256.digest('hex');
}

/** The canonical JSON (RFC 8785) in UTF-8, piece by piece: between them one may pause. */
export function* canonicalPieces(value: unknown): Generator<Buffer, void> {
  const small = smallCanonicalJson(value);
  for (const chunk of small === undefined ? canonicalChunks(value) : [small]) yield Buffer.from(chunk);
}

/** The same as text. */
export function canonicalText(value: unknown): Generator<string, void> {
  return canonicalChunks(value);
}

/** A list, an object, or a long text. */
type Frame =
  | { items: unknown[]; keys?: undefined; isSorted: true; next: number }
  | { items: Record<string, unknown>; keys: string[]; isSorted: boolean; next: number }
  | { items: string; keys?: undefined; isSorted: true; next: number };

/** An explicit stack instead of recursion: depth costs no call stack, and the caller may pause between chunks. */
function* canonicalChunks(root: unknown, loneSurrogates = false): Generator<string, void> {
  const stack: Frame[] = [];
  const ancestors = new Set<object>();
  const path = () =>
    stack
      .filter(({ items }) => typeof items !== 'string')
      .map(({ keys, next }) => (keys ? pointerSegment(keys[next - 1]!) : String(next - 1)))
      .join('/');
  let text = '';

  const open = (value: unknown) => {
    if (typeof value === 'string' && value.length > CHUNK_CHARACTERS) {
      text += '"';
      stack.push({ items: value, isSorted: true, next: 0 });
      return;
    }
    if (typeof value !== 'object' || value === null) {
      text += scalar(value, path, loneSurrogates);
      return;
    }
    if (ancestors.has(value)) throw new NotJsonError(path(), 'a value that contains itself');
    ancestors.add(value);
    if (Array.isArray(value)) {
      text += '[';
      stack.push({ items: value, isSorted: true, next: 0 });
    } else if (isPlain(value)) {
      text += '{';
      const keys = Object.keys(value).filter((key) => value[key] !== undefined);
      const isSorted = keys.length <= RUN;
      stack.push({ items: value, keys: isSorted ? keys.sort() : keys, isSorted, next: 0 });
    } else {
      throw new NotJsonError(path(), className(value));
    }
  };

  open(root);
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    if (typeof frame.items === 'string') {
      const end = endOfCharacter(frame.items, frame.next + CHUNK_CHARACTERS);
      const part = scalar(frame.items.slice(frame.next, end), path, loneSurrogates);
      const isLast = end >= frame.items.length;
      if (isLast) stack.pop();
      frame.next = end;
      yield text + (isLast ? part.slice(1) : part.slice(1, -1));
      text = '';
      continue;
    }
    if (!frame.isSorted) {
      frame.keys = yield* sortedInSteps(frame.keys);
      frame.isSorted = true;
    }
    const length = frame.keys ? frame.keys.length : frame.items.length;
    if (frame.next === length) {
      text += frame.keys ? '}' : ']';
      stack.pop();
      ancestors.delete(frame.items);
    } else {
      if (frame.next > 0) text += ',';
      const index = frame.next++;
      if (frame.keys) {
        const key = frame.keys[index]!;
        text += scalar(key, path, loneSurrogates) + ':';
        open(frame.items[key]);
      } else {
        open(frame.items[index]);
      }
    }
    if (text.length > CHUNK_CHARACTERS) {
      yield text;
      text = '';
    }
  }
  yield text;
}

/** The same place, or one further where it is inside a pair of surrogates. */
function endOfCharacter(text: string, at: number): number {
  const isInside = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return isInside ? at + 1 : at;
}

/** Sorts by UTF-16 code units; the caller may pause between the steps, at each of which it gets an empty text. */
function* sortedInSteps(keys: string[]): Generator<string, string[]> {
  let runs: string[][] = [];
  for (let from = 0; from < keys.length; from += RUN) {
    runs.push(keys.slice(from, from + RUN).sort());
    yield '';
  }
  while (runs.length > 1) {
    const longer: string[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      longer.push(merged(runs[index]!, runs[index + 1] ?? []));
      yield '';
    }
    runs = longer;
  }
  return runs[0]!;
}

function merged(some: string[], others: string[]): string[] {
  const all: string[] = [];
  let other = 0;
  for (const one of some) {
    while (other < others.length && others[other]! < one) all.push(others[other++]!);
    all.push(one);
  }
  return all.concat(others.slice(other));
}

/** An object without a class; that of another realm, such as a `node:vm` context, has a prototype of its own. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Not `value.constructor`, which may be data. */
function className(value: object): string {
  const { constructor }: { constructor?: unknown } = Object.getPrototypeOf(value);
  return typeof constructor === 'function' ? `an instance of ${constructor.name}` : 'an instance of a class';
}

function scalar(value: unknown, path: () => string, loneSurrogates: boolean): string {
  if (typeof value === 'string') {
    if (!loneSurrogates && !value.isWellFormed()) throw new NotJsonError(path(), 'a string with a lone surrogate');
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new NotJsonError(path(), String(value));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value);
  throw new NotJsonError(path(), typeof value);
}
