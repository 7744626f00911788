import { canonicalText } from './canonical-json.ts';
import { JsonPath } from './json-differences.ts';
import { type Parts, plainParts } from './json-parts.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

const RUN = 500;

interface Frame {
  place: JsonPath;
  was: Parts;
  is: Parts;
  isList: boolean;
  next: number;
}

/** The text of a JSON Patch (RFC 6902) that turns `before` into `after`, piece by piece; one may pause where it is empty. */
export function* jsonPatchOf(before: Json | undefined, after: Json): Generator<string, void> {
  let separator = '[';
  for (const operation of operations(before, after)) {
    if (!operation) {
      yield '';
      continue;
    }
    const { op, place, value } = operation;
    yield `${separator}{"op":"${op}","path":${JSON.stringify(place.path)}`;
    if (value !== undefined) {
      yield ',"value":';
      yield* canonicalText(value);
    }
    yield '}';
    separator = ',\n';
  }
  yield separator === '[' ? '[]' : ']';
}

interface Operation {
  op: 'add' | 'remove' | 'replace';
  place: JsonPath;
  value?: Json;
}

/** Elements of a list go by their index: what is too many goes from the end on, what is new comes at the end. */
function* operations(before: Json | undefined, after: Json): Generator<Operation | undefined, void> {
  if (before === undefined) {
    yield { op: 'add', place: JsonPath.root, value: after };
    return;
  }
  const stack: Frame[] = [];
  let pair: { place: JsonPath; before: Json; after: Json } | undefined = { place: JsonPath.root, before, after };
  for (;;) {
    if (pair) {
      const { place, before, after }: { place: JsonPath; before: Json; after: Json } = pair;
      pair = undefined;
      const sides = alike(before, after);
      if (sides) stack.push({ place, was: sides[0], is: sides[1], isList: Array.isArray(after), next: 0 });
      else if (before !== after) yield { op: 'replace', place, value: after };
    }
    const frame = stack.at(-1);
    if (!frame) return;
    const { place, was, is, isList } = frame;
    const index = frame.next++;
    if (index % RUN === RUN - 1) yield undefined;
    if (index < was.size) {
      const name = was.nameAt(isList ? was.size - 1 - index : index);
      const counterpart = is.get(name);
      if (counterpart === undefined) yield { op: 'remove', place: place.inside(name) };
      else pair = { place: place.inside(name), before: was.get(name)!, after: counterpart };
    } else if (index < was.size + is.size) {
      const name = is.nameAt(index - was.size);
      if (was.get(name) === undefined) yield { op: 'add', place: place.inside(name), value: is.get(name)! };
    } else {
      stack.pop();
    }
  }
}

function alike(before: Json, after: Json): [Parts, Parts] | undefined {
  return isBoth(before, after, Array.isArray) || isBoth(before, after, isJsonObject)
    ? [plainParts(before as JsonObject), plainParts(after as JsonObject)]
    : undefined;
}

const isBoth = (before: Json, after: Json, is: (value: Json) => boolean) => is(before) && is(after);
