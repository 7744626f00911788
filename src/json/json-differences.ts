import { canonicalText } from './canonical-json.ts';
import { ELEMENT_KEYS, isSameOrder, type Parts, partsOf } from './json-parts.ts';
import { pointerSegment } from './json-pointer.ts';
import type { Json, JsonObject } from './json.ts';

/** Parts that are compared between two points at which one may pause. */
const RUN = 500;

/** Where a difference stands. Its path is put together only where it is shown: of deep content it may be long. */
export class JsonPath {
  /** Characters of its path, at least. */
  readonly length: number;

  private constructor(
    private readonly parent: JsonPath | null,
    private readonly name: string,
  ) {
    this.length = parent ? parent.length + 1 + name.length : 0;
  }

  static readonly root = new JsonPath(null, '');

  inside(name: string): JsonPath {
    return new JsonPath(this, name);
  }

  /** The names that lead to it; none for the whole document. */
  get names(): string[] {
    const names = [this.name];
    for (let { parent } = this; parent; { parent } = parent) names.push(parent.name);
    // The root has none.
    names.pop();
    return names.toReversed();
  }

  /** As JSON Pointer (RFC 6901). */
  get path(): string {
    return this.names.map((name) => `/${pointerSegment(name)}`).join('');
  }
}

/** One difference; `before` is absent for what was added, `after` for what was removed. */
export interface Difference {
  change: 'added' | 'removed' | 'modified';
  place: JsonPath;
  before?: Json;
  after?: Json;
}

interface Frame {
  place: JsonPath;
  was: Parts;
  is: Parts;
  next: number;
}

/**
 * What differs between two values, of which either may not be there, in the order of the content; the caller may pause
 * wherever it gets undefined. `counts` says meanwhile how many leaves are the same. See `compareJson` for what counts as the same element of a list.
 */
export function* differences(
  before: Json | undefined,
  after: Json | undefined,
  counts: { unchanged: number },
  elementKeys = ELEMENT_KEYS,
): Generator<Difference | undefined, void> {
  if (before === undefined || after === undefined) {
    if (after !== undefined) yield { change: 'added', place: JsonPath.root, after };
    if (before !== undefined) yield { change: 'removed', place: JsonPath.root, before };
    return;
  }
  // A stack of our own: deep content must not overflow that of the process.
  const stack: Frame[] = [];
  let pair: { place: JsonPath; before: Json; after: Json } | undefined = { place: JsonPath.root, before, after };
  for (;;) {
    if (pair) {
      const { place, before, after }: { place: JsonPath; before: Json; after: Json } = pair;
      pair = undefined;
      const sides: [Parts, Parts] | undefined = yield* partsOf(before, after, elementKeys);
      if (!sides) {
        if (before === after) counts.unchanged += 1;
        else yield { change: 'modified', place, before, after };
      } else {
        const [was, is] = sides;
        if (was.size === 0 && is.size === 0) counts.unchanged += 1;
        if (Array.isArray(before) && !(yield* isSameOrder(was, is))) {
          yield { change: 'modified', place, before, after };
        }
        stack.push({ place, was, is, next: 0 });
      }
    }
    const frame = stack.at(-1);
    if (!frame) return;
    const { place, was, is } = frame;
    const index = frame.next++;
    if (index % RUN === RUN - 1) yield undefined;
    if (index < was.size) {
      const name = was.nameAt(index);
      const value = was.at(index);
      const counterpart = is.get(name);
      if (value === counterpart && !isContainer(value)) counts.unchanged += 1;
      else if (counterpart === undefined) yield { change: 'removed', place: place.inside(name), before: value };
      else pair = { place: place.inside(name), before: value, after: counterpart };
    } else if (index < was.size + is.size) {
      const name = is.nameAt(index - was.size);
      if (was.get(name) === undefined) {
        yield { change: 'added', place: place.inside(name), after: is.at(index - was.size) };
      }
    } else {
      stack.pop();
    }
  }
}

/** A difference as JSON in a line of its own, piece by piece, with what else there is to say of it. */
export function* differenceLine({ change, place, before, after }: Difference, more = {}): Generator<string, void> {
  const head = JSON.stringify({ path: place.path, change, ...more });
  yield head.slice(0, -1);
  for (const [side, value] of Object.entries({ before, after })) {
    if (value === undefined) continue;
    yield `,"${side}":`;
    yield* canonicalText(value);
  }
  yield '}\n';
}

function isContainer(value: Json): value is Json[] | JsonObject {
  return typeof value === 'object' && value !== null;
}
