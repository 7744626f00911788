import { example, type ApiDocument, type Schema } from '../hostile-requests.ts';

/** A JSON text in parts: it may hold what no value can, such as a member twice. */
export type JsonTree = RawJson | JsonTree[] | Members;

export class RawJson {
  constructor(readonly text: string) {}
}

export class Members {
  constructor(readonly entries: [name: string, value: JsonTree][]) {}
}

/** A place in a tree, and what the document says of it. */
export interface Spot {
  path: (string | number)[];
  schema: Schema;
}

export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object' || value === null) return new RawJson(JSON.stringify(value) ?? 'null');
  return new Members(Object.entries(value).map(([name, member]) => [name, treeOf(member)]));
}

export function textOf(tree: JsonTree): string {
  if (tree instanceof RawJson) return tree.text;
  if (Array.isArray(tree)) return `[${tree.map(textOf).join(',')}]`;
  return `{${tree.entries.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`;
}

/** Every place in a body, the body itself first; of a list, its first element. */
export function spotsIn(document: ApiDocument, tree: JsonTree, schema: Schema, path: Spot['path'] = []): Spot[] {
  const own = resolved(document, schema);
  const here = { path, schema: own };
  if (Array.isArray(tree)) {
    return [here, ...tree.slice(0, 1).flatMap((element) => spotsIn(document, element, own.items ?? {}, [...path, 0]))];
  }
  if (tree instanceof RawJson) return [here];
  const members = tree.entries.flatMap(([name, value]) =>
    spotsIn(document, value, (own.properties ?? {})[name] ?? {}, [...path, name]),
  );
  return [here, ...members];
}

/** With another subtree at a place; without it, where there is none. */
export function replaced(
  tree: JsonTree,
  path: Spot['path'],
  change: (there: JsonTree) => JsonTree | undefined,
): JsonTree {
  return changedAt(tree, path, change) ?? new RawJson('null');
}

function changedAt(
  tree: JsonTree,
  [first, ...rest]: Spot['path'],
  change: (there: JsonTree) => JsonTree | undefined,
): JsonTree | undefined {
  if (first === undefined) return change(tree);
  if (Array.isArray(tree)) {
    return tree.flatMap((element, index) =>
      index === first ? [changedAt(element, rest, change) ?? []].flat() : [element],
    );
  }
  if (tree instanceof RawJson) return tree;
  return new Members(
    tree.entries.flatMap(([name, value]): [string, JsonTree][] => {
      const kept = name === first ? changedAt(value, rest, change) : value;
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

export function treeAt(tree: JsonTree, [first, ...rest]: Spot['path']): JsonTree | undefined {
  if (first === undefined) return tree;
  const next = Array.isArray(tree)
    ? tree[first as number]
    : tree instanceof Members
      ? tree.entries.find(([name]) => name === first)?.[1]
      : undefined;
  return next && treeAt(next, rest);
}

/** Without references, and of several the first. */
export function resolved(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref) return resolved(document, document.components.schemas[schema.$ref.split('/').at(-1)!]!);
  const one = (schema.oneOf ?? schema.anyOf ?? schema.allOf)?.[0];
  return one
    ? { ...resolved(document, one), ...(schema.example !== undefined && { example: schema.example }) }
    : schema;
}

/** The body that the document has as an example. */
export function exampleBody(document: ApiDocument, schema: Schema): JsonTree {
  return treeOf(example(document, schema));
}
