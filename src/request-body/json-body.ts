import { type Json, JSON_LIMITS, type JsonLimits, JsonReader, MAX_VALUES } from '#json';
import { TimeSlice } from '#pace';
import { BodyError } from './body.errors.ts';

/**
 * Parses JSON so that nothing in it is lost: own keys such as `__proto__` stay, and what a parsed value would not tell
 * any more (a member given twice, a number that a double cannot hold, half a character) is refused.
 */
export function parseBody(bytes: Uint8Array, limits: JsonLimits = { ...JSON_LIMITS, values: MAX_VALUES }): Json {
  const steps = new JsonReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), limits).read();
  for (;;) {
    const { done, value } = step(steps);
    if (done) return value;
  }
}

/** What a text of any size is read with. */
export interface Slicing {
  /** Hears how many values there are by now. */
  onValues(count: number): void;
  /** Lets others go on. */
  nextTurn(): Promise<void>;
}

/** The same for a text of any size, in slices of a few milliseconds. */
export async function parseInSlices(bytes: Buffer, limits: JsonLimits, slicing: Slicing): Promise<Json> {
  const reader = new JsonReader(bytes, limits);
  const steps = reader.read();
  let slice = new TimeSlice();
  for (;;) {
    const { done, value } = step(steps);
    slicing.onValues(reader.valueCount);
    if (done) return value;
    if (slice.isOver) {
      await slicing.nextTurn();
      slice = new TimeSlice();
    }
  }
}

function step(steps: Generator<void, Json>): IteratorResult<void, Json> {
  try {
    return steps.next();
  } catch (error) {
    // The reader finds it first; if ever it does not, the body is still to blame.
    if (error instanceof SyntaxError) throw new BodyError('INVALID_JSON', `The body is not JSON: ${error.message}`);
    throw error;
  }
}
