import { pointerSegment } from './json-pointer.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

export interface PathValue {
  path: string;
  value: Json;
}

export interface PathChange {
  path: string;
  before: Json;
  after: Json;
}

/** Each list is in the order of its paths; `unchanged` counts the leaves that are the same. */
export interface JsonComparison {
  added: PathValue[];
  modified: PathChange[];
  removed: PathValue[];
  unchanged: number;
}

/**
 * What differs between two JSON values, by JSON Pointer (RFC 6901); what only one side has is one entry, however deep.
 * Elements of a list that are told apart by name, being distinct strings or numbers, or objects with a distinct `key`,
 * `name` or `value`, are matched by it, and it stands in the path in place of the index. If those that stay have
 * changed their order, the list itself is `modified`, and only then are both its sides lists.
 */
export function compareJson(before: Json, after: Json): JsonComparison {
  const result: JsonComparison = { added: [], modified: [], removed: [], unchanged: 0 };
  const open: PathChange[] = [{ path: '', before, after }];
  // A stack of our own: deep content must not overflow that of the process.
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const { path, before, after } = pair;
    const sides = partsOf(before, after);
    if (!sides) {
      if (before === after) result.unchanged += 1;
      else result.modified.push(pair);
      continue;
    }
    const [was, is] = sides;
    if (was.names.length === 0 && is.names.length === 0) result.unchanged += 1;
    if (Array.isArray(before) && !sameOrder(was, is)) result.modified.push(pair);
    for (const name of was.names) {
      const value = was.get(name)!;
      const counterpart = is.get(name);
      if (value === counterpart && !isContainer(value)) result.unchanged += 1;
      else if (counterpart === undefined) result.removed.push({ path: inside(path, name), value });
      else open.push({ path: inside(path, name), before: value, after: counterpart });
    }
    for (const name of is.names) {
      if (was.get(name) === undefined) result.added.push({ path: inside(path, name), value: is.get(name)! });
    }
  }
  for (const list of [result.added, result.modified, result.removed]) list.sort((a, b) => (a.path < b.path ? -1 : 1));
  return result;
}

function inside(path: string, name: string): string {
  return `${path}/${pointerSegment(name)}`;
}

function isContainer(value: Json): value is Json[] | JsonObject {
  return typeof value === 'object' && value !== null;
}

/** The parts of an object or a list, by name. */
interface Parts {
  names: string[];
  get(name: string): Json | undefined;
}

/** The parts of two objects or two lists, under names that fit both. */
function partsOf(before: Json, after: Json): [Parts, Parts] | undefined {
  if (isJsonObject(before) && isJsonObject(after)) return [members(before), members(after)];
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
  for (const nameOf of NAMINGS) {
    const was = elements(before, nameOf);
    const is = was && elements(after, nameOf);
    if (is) return [was, is];
  }
  return [indexed(before), indexed(after)];
}

function members(object: JsonObject): Parts {
  return { names: Object.keys(object), get: (name) => (Object.hasOwn(object, name) ? object[name] : undefined) };
}

const NAMINGS = [(element: Json) => element, memberNamed('key'), memberNamed('name'), memberNamed('value')];

function memberNamed(member: string) {
  return (element: Json) => (isJsonObject(element) ? (element[member] ?? null) : null);
}

/** The elements of a list, unless one has no name or shares it. */
function elements(list: Json[], nameOf: (element: Json) => Json): Parts | undefined {
  const byName = new Map<string, Json>();
  for (const element of list) {
    const name = nameOf(element);
    if (typeof name !== 'string' && typeof name !== 'number') return undefined;
    byName.set(String(name), element);
  }
  return byName.size === list.length ? { names: [...byName.keys()], get: (name) => byName.get(name) } : undefined;
}

function indexed(list: Json[]): Parts {
  return { names: Object.keys(list), get: (name) => list[Number(name)] };
}

function sameOrder(was: Parts, is: Parts): boolean {
  const stayed = is.names.filter((name) => was.get(name) !== undefined);
  return was.names.filter((name) => is.get(name) !== undefined).every((name, index) => name === stayed[index]);
}
