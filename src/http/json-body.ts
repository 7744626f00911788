import { type Json, TimeSlice } from '#snapshot';
import { BodyError } from './body.errors.ts';
import { JSON_LIMITS, type JsonLimits, MAX_VALUES } from './json-limits.ts';
import { JsonReader } from './json-reader.ts';

/**
 * Parses JSON so that nothing in it is lost: own keys such as `__proto__` stay, and what a parsed value would not tell
 * any more (a member given twice, a number that a double cannot hold, half a character) is refused.
 */
export function parseBody(bytes: Uint8Array, limits: JsonLimits = { ...JSON_LIMITS, values: MAX_VALUES }): Json {
  const decoder = new BodyDecoder();
  const steps = new JsonReader(decoder.write(bytes) + decoder.end(), limits).read();
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
export async function parseInSlices(text: string, limits: JsonLimits, slicing: Slicing): Promise<Json> {
  const reader = new JsonReader(text, limits);
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

/** Text from bytes that come in pieces; a byte order mark at the beginning is left out, as RFC 8259 allows. */
export class BodyDecoder {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  write(bytes: Uint8Array): string {
    return this.decode(() => this.decoder.decode(bytes, { stream: true }));
  }

  end(): string {
    return this.decode(() => this.decoder.decode());
  }

  private decode(read: () => string): string {
    try {
      return read();
    } catch {
      throw new BodyError('INVALID_ENCODING', 'The body is not UTF-8: send JSON in UTF-8.');
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
