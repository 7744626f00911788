import type { Json, JsonObject } from '#json';
import { type Issue, Problem } from './error-answer.ts';

/** The JSON types of a body, and no more: lengths, patterns and references are rules. */
export type Shape =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'number|string'
  | 'object'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | {
      readonly fields: { readonly [name: string]: Shape };
      readonly required?: readonly string[];
      /** Refuse unknown fields instead of dropping them. */
      readonly closed?: true;
    };

/** What {@link readAs} gives for a shape; a field may be missing unless it is required. */
export type Shaped<S> = S extends 'string'
  ? string
  : S extends 'boolean'
    ? boolean
    : S extends 'int32'
      ? number
      : S extends 'number|string'
        ? number | string
        : S extends 'object'
          ? JsonObject
          : S extends 'any'
            ? Json
            : S extends { list: infer Item }
              ? Shaped<Item>[]
              : S extends { map: infer Value }
                ? { [name: string]: Shaped<Value> }
                : S extends { fields: infer Fields; required: readonly (infer Name)[] }
                  ? ShapedFields<Fields> & Required<Pick<ShapedFields<Fields>, Name & keyof Fields>>
                  : S extends { fields: infer Fields }
                    ? ShapedFields<Fields>
                    : never;

type ShapedFields<Fields> = { -readonly [Name in keyof Fields]?: Shaped<Fields[Name]> };

/** Reads a body; a null field is an absent one. Throws a {@link Problem} (400) that names every wrong field. */
export function readAs<S extends Shape>(shape: S, body: unknown, what: string): Shaped<S> {
  const issues: Issue[] = [];
  const value = readShape(shape, body, '', issues);
  if (!isShaped(shape, value, issues)) throw Problem.invalid(`The ${what} is invalid.`, issues);
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isShaped<S extends Shape>(_shape: S, _value: unknown, issues: Issue[]): _value is Shaped<S> {
  return issues.length === 0;
}

function readShape(shape: Shape, value: unknown, path: string, issues: Issue[]): unknown {
  if (typeof shape === 'string') {
    if (!isOfType[shape](value)) wrongType(shape, path, issues);
    return value;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrongType('list', path, issues);
    return value.map((item, index) => readShape(shape.list, item, `${path}[${index}]`, issues));
  }
  if (!isObject(value)) return wrongType('object', path, issues);
  if ('map' in shape) {
    return eachEntry(value, (name, item) => [[name, readShape(shape.map, item, join(path, name), issues)]]);
  }
  for (const name of shape.required ?? []) {
    if ((value[name] ?? null) === null) issues.push({ detail: 'The value is required.', field: join(path, name) });
  }
  return eachEntry(value, (name, item) => {
    const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    if (!field && shape.closed) issues.push({ detail: 'There is no such field.', field: join(path, name) });
    return !field || item === null ? [] : [[name, readShape(field, item, join(path, name), issues)]];
  });
}

const isOfType = {
  string: (value: unknown) => typeof value === 'string',
  boolean: (value: unknown) => typeof value === 'boolean',
  int32: (value: unknown) => typeof value === 'number' && value === Math.trunc(value) && Math.abs(value) < 2 ** 31,
  'number|string': (value: unknown) => typeof value === 'number' || typeof value === 'string',
  object: isObject,
  any: () => true,
};

function wrongType(expected: string, field: string, issues: Issue[]): undefined {
  issues.push({ detail: `The value must be of type ${expected}.`, field });
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

/** Keeps every own key, `__proto__` and `constructor` too, which an assignment would not. */
function eachEntry(value: object, entry: (name: string, item: unknown) => [string, unknown][]): object {
  return Object.fromEntries(Object.entries(value).flatMap(([name, item]) => entry(name, item)));
}
