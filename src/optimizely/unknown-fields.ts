import { isJsonObject, type Json, type JsonObject, pointerSegment } from '#json';
import { type Shape, shapeOf } from './content-shapes.ts';
import { NOT_SENT } from './server-set.ts';

/** Fields of a definition that are not known here: new ones of the CMS, or misspelled ones. They are kept and sent. */
export function unknownFields(definition: JsonObject, kind: string): string[] {
  const shape = shapeOf(kind);
  if (!shape) return [];
  const sent = Object.entries(definition).filter(([field]) => !NOT_SENT.has(field));
  return [...unknownIn(Object.fromEntries(sent), shape, '')];
}

function* unknownIn(value: JsonObject, { others = [], defaults, inside = {} }: Shape, path: string): Generator<string> {
  for (const [field, member] of Object.entries(value)) {
    const place = `${path}/${pointerSegment(field)}`;
    const inner = Object.hasOwn(inside, field) ? inside[field] : undefined;
    if (inner?.mapOf) yield* unknownInMap(member, inner.shape, place);
    else if (inner && isJsonObject(member)) yield* unknownIn(member, inner.shape, place);
    else if (!others.includes(field) && !Object.hasOwn(defaults, field)) yield place;
  }
}

function* unknownInMap(map: Json, shape: Shape, path: string): Generator<string> {
  if (!isJsonObject(map)) return;
  for (const [name, item] of Object.entries(map)) {
    if (isJsonObject(item)) yield* unknownIn(item, shape, `${path}/${pointerSegment(name)}`);
  }
}
