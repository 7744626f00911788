import { isJsonObject, type Json, type JsonObject, pointerSegment } from '#json';
import { type Inside, isKnown, type Shape, shapeOf } from './content-shapes.ts';
import { NOT_SENT } from './server-set.ts';

/**
 * Fields of a definition that are not known here: new ones of the CMS, or misspelled ones, which it ignores. They are sent,
 * and not compared.
 */
export function unknownFields(definition: JsonObject, kind: string): string[] {
  const shape = shapeOf(kind);
  if (!shape) return [];
  const sent = Object.entries(definition).filter(([field]) => !NOT_SENT.has(field));
  return [...unknownIn(Object.fromEntries(sent), shape, '')];
}

function* unknownIn(value: JsonObject, shape: Shape, path: string): Generator<string> {
  const { inside = {} } = shape;
  for (const [field, member] of Object.entries(value)) {
    const place = `${path}/${pointerSegment(field)}`;
    if (Object.hasOwn(inside, field)) yield* unknownInside(member, inside[field]!, place);
    else if (!isKnown(shape, field)) yield place;
  }
}

function* unknownInside(member: Json, { shape, of }: Inside, path: string): Generator<string> {
  if (!of) {
    if (isJsonObject(member)) yield* unknownIn(member, shape, path);
  } else if (of === 'list' ? Array.isArray(member) : isJsonObject(member)) {
    for (const [name, item] of Object.entries(member as JsonObject | Json[])) {
      if (isJsonObject(item)) yield* unknownIn(item, shape, `${path}/${pointerSegment(name)}`);
    }
  }
}
