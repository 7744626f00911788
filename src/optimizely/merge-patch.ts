import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject } from '#json';

/** The JSON merge patch (RFC 7396) that makes `to` of `from`; what `to` lacks becomes null. Empty when they are equal. */
export function mergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const removed = Object.keys(from)
    .filter((key) => !Object.hasOwn(to, key))
    .map((key): [string, Json] => [key, null]);
  const changed = Object.entries(to).flatMap(([key, value]): [string, Json][] => {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (!isJsonObject(before) || !isJsonObject(value)) return isDeepStrictEqual(before, value) ? [] : [[key, value]];
    const patch = mergePatch(before, value);
    return Object.keys(patch).length === 0 ? [] : [[key, patch]];
  });
  return Object.fromEntries([...removed, ...changed]);
}
