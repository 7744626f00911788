import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Parts that are looked at between two points at which one may pause. */
const RUN = 1_000;

/** The parts of an object or a list, by name. */
export interface Parts {
  size: number;
  nameAt(index: number): string;
  at(index: number): Json;
  get(name: string): Json | undefined;
}

/** Work that may pause where it yields nothing. */
export type Steps<T> = Generator<undefined, T>;

/** Members that tell the objects of a list apart, the first that fits. */
export const ELEMENT_KEYS: readonly string[] = ['key', 'name', 'value'];

/**
 * The parts of two objects or two lists, under names that fit both: elements of a list go by the name that tells all of
 * them apart, or by their index. Undefined for anything else.
 */
export function* partsOf(before: Json, after: Json, elementKeys: readonly string[]): Steps<[Parts, Parts] | undefined> {
  if (isJsonObject(before) && isJsonObject(after)) {
    const was = members(before);
    if (was.size > RUN) yield;
    return [was, members(after)];
  }
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
  for (const nameOf of [itself, ...elementKeys.map(memberNamed)]) {
    const was = yield* elements(before, nameOf);
    const is = was && (yield* elements(after, nameOf));
    if (is) return [was, is];
  }
  return [indexed(before), indexed(after)];
}

/** Whether what both have is in the same order. */
export function* isSameOrder(was: Parts, is: Parts): Steps<boolean> {
  let other = 0;
  for (let index = 0; index < was.size; index += 1) {
    if (index % RUN === RUN - 1) yield;
    const name = was.nameAt(index);
    if (is.get(name) === undefined) continue;
    for (; was.get(is.nameAt(other)) === undefined; other += 1) if (other % RUN === RUN - 1) yield;
    if (is.nameAt(other) !== name) return false;
    other += 1;
  }
  return true;
}

/** Of an object, or of a list by index. */
export function plainParts(value: Json[] | JsonObject): Parts {
  return Array.isArray(value) ? indexed(value) : members(value);
}

function members(object: JsonObject): Parts {
  const names = Object.keys(object);
  return {
    size: names.length,
    nameAt: (index) => names[index]!,
    at: (index) => object[names[index]!]!,
    get: (name) => (Object.hasOwn(object, name) ? object[name] : undefined),
  };
}

const itself = (element: Json) => element;

function memberNamed(member: string) {
  return (element: Json) => (isJsonObject(element) ? (element[member] ?? null) : null);
}

/** The elements of a list, unless one has no name or shares it. */
function* elements(list: Json[], nameOf: (element: Json) => Json): Steps<Parts | undefined> {
  const byName = new Map<string, Json>();
  const names: string[] = [];
  for (const [index, element] of list.entries()) {
    if (index % RUN === RUN - 1) yield;
    const name = nameOf(element);
    if (typeof name !== 'string' && typeof name !== 'number') return undefined;
    names.push(String(name));
    byName.set(names[index]!, element);
    if (byName.size <= index) return undefined;
  }
  return {
    size: list.length,
    nameAt: (index) => names[index]!,
    at: (index) => list[index]!,
    get: (name) => byName.get(name),
  };
}

function indexed(list: Json[]): Parts {
  return { size: list.length, nameAt: String, at: (index) => list[index]!, get: (name) => list[Number(name)] };
}
