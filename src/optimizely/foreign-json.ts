import {
  isJsonObject,
  type Json,
  JSON_LIMITS,
  type JsonLimits,
  type JsonObject,
  JsonTextError,
  MAX_VALUES,
  readInSlices,
} from '#json';
import { TimeSlice } from '#pace';

/** A content model of 10,000 types of 200 values, with room. */
const LIMITS: JsonLimits = { ...JSON_LIMITS, values: 3 * MAX_VALUES };
/** Characters of one text; no definition of a content model has a longer one. */
const MAX_TEXT = 1_000_000;

const BOUNDS: Record<string, string> = {
  depth: `it is nested deeper than ${LIMITS.depth} levels`,
  values: `it has more than ${LIMITS.values} values`,
  elements: `it has a list with more than ${LIMITS.elements} elements`,
  members: `it has an object with more than ${LIMITS.members} members`,
  key: `it has a key of more than ${LIMITS.key} characters`,
  number: `it has a number of more than ${LIMITS.number} characters`,
};

/**
 * Parses JSON that a stranger sent, in slices between which others have their turn. Every key and string passes through
 * `clean`; lone surrogates become U+FFFD. Throws an Error for bytes that are no UTF-8 or no JSON, and a RangeError, whose
 * message quotes nothing of it, for JSON beyond a bound.
 */
export async function parseForeignJson(bytes: Uint8Array, clean: (text: string) => string): Promise<Json> {
  const parsed = await readInSlices(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), LIMITS).catch(
    (error: unknown) => {
      const bound = error instanceof JsonTextError && error.details.bound;
      throw typeof bound === 'string' ? new RangeError(BOUNDS[bound] ?? `it has too many ${bound}`) : error;
    },
  );
  return cleaned(parsed, (part) => {
    if (part.length > MAX_TEXT) throw new RangeError(`it has a text of more than ${MAX_TEXT} characters`);
    return clean(part.toWellFormed());
  });
}

/** The same JSON with every string cleaned. Objects are made anew, with own keys such as `__proto__`. */
async function cleaned(root: Json, clean: (text: string) => string): Promise<Json> {
  const slice = new TimeSlice();
  const top: Json[] = [];
  // Each is a container of the result with the values that are still to go into it, the last one first.
  const open: { into: Json[] | JsonObject; from: [string, Json][] }[] = [{ into: top, from: [['0', root]] }];
  for (let frame = open.at(-1); frame; frame = open.at(-1)) {
    if (slice.isOver) await slice.giveWay();
    const entry = frame.from.pop();
    if (!entry) {
      open.pop();
      continue;
    }
    const [key, value] = entry;
    let made = value;
    if (typeof value === 'string') made = clean(value);
    else if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new RangeError('it holds a number that is too large');
    } else if (Array.isArray(value) || isJsonObject(value)) {
      made = Array.isArray(value) ? [] : {};
      open.push({ into: made, from: Object.entries(value).toReversed() });
    }
    if (Array.isArray(frame.into)) frame.into.push(made);
    else Object.defineProperty(frame.into, clean(key), { value: made, ...OWN });
  }
  return top[0]!;
}

const OWN = { enumerable: true, writable: true, configurable: true };
