import * as fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '#json';

/** Keys that objects inherit, that JSON Pointer escapes, that sort oddly, and a few that meet often. */
export const oddKey = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'key', 'name', 'value') },
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'a/b', '~', '~1', '', '/'),
  fc.constantFrom('1', '10', '2', '\r', '"', '\\', 'é', 'e\u0301', '\ufb33', '\u{1f600}', '\u20ac', '\u0080'),
  fc.string({ unit: 'binary' }),
);

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(null, true, false, 0, 1, '1', 'a', 'b'),
  fc.constantFrom(1e21, -0, 5e-324, 1e-7, 0.1 + 0.2, 2 ** 53, 1.7976931348623157e308, -1e-6, 333333333.3333333),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary' }),
);

/** Any JSON, mostly small, so that two of them have something in common. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json; list: Json[]; object: JsonObject }>((tie) => ({
  json: fc.oneof({ maxDepth: 4, depthSize: 'small' }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('json'), { maxLength: 4 }),
  object: objectOf(fc.tuple(oddKey, tie('json'))),
})).json;

export const anyObject: fc.Arbitrary<JsonObject> = objectOf(fc.tuple(oddKey, anyJson));

/** An object from its members; one called `__proto__` becomes an own member like any other. */
export function objectOf(member: fc.Arbitrary<[string, Json]>): fc.Arbitrary<JsonObject> {
  return fc.array(member, { maxLength: 5 }).map((members) => Object.fromEntries(members));
}

/** The same content with the members of every object in reverse order. */
export function reversed<T extends Json>(value: T): T;
export function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map((element) => reversed(element));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, member]): [string, Json] => [key, reversed(member)]);
  return Object.fromEntries(members.toReversed());
}
