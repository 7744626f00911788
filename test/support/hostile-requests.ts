import { type Arbitrary, array, constant, constantFrom, integer, oneof, record, tuple } from 'fast-check';

/** As far as it tells how to make a request. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Operation {
  parameters?: { name: string; in: string; required?: boolean; example?: unknown; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

export interface Route {
  method: string;
  path: string;
  operation: Operation;
}

/** A request that is small in bytes and large in something else; `body` is sent as it is. */
export interface HostileRequest {
  what: string;
  method: string;
  path: string;
  body?: string;
}

export function routesOf({ paths }: ApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Requests to a route: with a query, with a body, or both, as the document has them; `known` names what is there. */
export function hostileRequests(
  document: ApiDocument,
  { method, path, operation }: Route,
  known: Record<string, string>,
): Arbitrary<HostileRequest> {
  const { parameters = [], requestBody } = operation;
  const queries = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const schema = requestBody?.content['application/json']?.schema;
  const bodies = schema ? hostileBody(example(document, schema)) : constant(undefined);
  const query = schema ? oneof({ weight: 4, arbitrary: constant('') }, hostileQuery(queries)) : hostileQuery(queries);
  return record({ address: address(path, parameters, known), query, body: bodies }).map(({ address, query, body }) => ({
    ...{ method, path: `${address}${query}` },
    ...(body !== undefined && { body: body.text }),
    what: `${method} ${address.slice(0, 80)}${query.slice(0, 120)} ${body?.what ?? ''}`.trim(),
  }));
}

const LONG_NUMBERS = [
  `1${'0'.repeat(100_000)}1`,
  `0.${'1'.repeat(100_000)}`,
  `-${'9'.repeat(50_000)}.5e1`,
  `1e${'9'.repeat(50_000)}`,
  '1e400',
  '9007199254740993',
  '-0',
];
const ELEMENTS = [
  '{}',
  '[]',
  '1',
  'null',
  '"a"',
  '{"typeKey":"A"}',
  '{"key":"A"}',
  '[[[[]]]]',
  '{"a":{"b":{}}}',
  '1e99',
];
const CHARACTERS = ['a', ' ', 'é', '\\u0000', '\\ud800', '\\"', '=', '<', '%', '👩‍🚀'];
const ODD = [
  'null',
  'true',
  '""',
  '" "',
  '[]',
  '{}',
  '-1',
  '{"__proto__":{}}',
  '{"constructor":{"prototype":1}}',
  '"__proto__"',
];

interface Hostile {
  what: string;
  text: string;
}

const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(',');

const WORST: Hostile[] = [
  { what: '200,000 empty objects', text: `[${many(200_000, () => '{}')}]` },
  { what: 'a number of 100,000 digits', text: `1${'0'.repeat(100_000)}1` },
];

const hostileValue: Arbitrary<Hostile> = oneof(
  tuple(constantFrom(...ELEMENTS), integer({ min: 1_001, max: 50_000 })).map(([element, count]) => ({
    ...{ what: `${count} times ${element}`, text: `[${many(count, () => element)}]` },
  })),
  tuple(constantFrom(...ELEMENTS), integer({ min: 2, max: 1_000 })).map(([element, count]) => ({
    ...{ what: `${count} times ${element}`, text: `[${many(count, () => element)}]` },
  })),
  integer({ min: 100, max: 40_000 }).map((depth) => ({
    what: `lists ${depth} deep`,
    text: '['.repeat(depth) + ']'.repeat(depth),
  })),
  integer({ min: 100, max: 40_000 }).map((depth) => ({
    ...{ what: `objects ${depth} deep`, text: `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}` },
  })),
  tuple(constantFrom(...CHARACTERS), integer({ min: 1, max: 50_000 })).map(([character, count]) => ({
    ...{ what: `a text of ${count} times ${character}`, text: `"${character.repeat(count)}"` },
  })),
  constantFrom(...LONG_NUMBERS).map((text) => ({ what: `the number ${text.slice(0, 20)}`, text })),
  integer({ min: 100, max: 30_000 }).map((count) => ({
    ...{ what: `${count} members`, text: `{${many(count, (index) => `"k${index}":${index}`)}}` },
  })),
  integer({ min: 1_000, max: 300_000 }).map((length) => ({
    what: `a key of ${length}`,
    text: `{"${'k'.repeat(length)}":1}`,
  })),
  constantFrom(...ODD).map((text) => ({ what: text, text })),
);

/** The worst of each kind for each member that a body may have, in well under a megabyte. */
export function worstRequests(
  document: ApiDocument,
  { method, path, operation }: Route,
  known: Record<string, string>,
): HostileRequest[] {
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (!schema) return [];
  const right = example(document, schema);
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => known[name] ?? known.id!);
  return [...Object.keys(right), 'nonsense'].flatMap((name) =>
    WORST.map(({ what, text }) => ({
      ...{ method, path: filled, body: bodyWith(right, name, text) },
      what: `${method} ${path} with ${name}: ${what}`,
    })),
  );
}

function bodyWith(right: Record<string, unknown>, name: string, text: string): string {
  const others = Object.entries(right).filter(([other]) => other !== name);
  const parts = others.map(([other, value]) => `${JSON.stringify(other)}:${JSON.stringify(value)}`);
  return `{${[...parts, `"${name}":${text}`].join(',')}}`;
}

/** A body that is right but for one member, or none at all. */
function hostileBody(right: Record<string, unknown>): Arbitrary<Hostile> {
  const members = [...Object.keys(right), 'nonsense', '__proto__', 'toString'];
  const replaced = tuple(constantFrom(...members), hostileValue).map(([name, { what, text }]) => ({
    ...{ what: `with ${name}: ${what}`, text: bodyWith(right, name, text) },
  }));
  return oneof({ weight: 5, arbitrary: replaced }, hostileValue);
}

const forged = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const QUERY_VALUES = [
  ...['', '1e1', '0x10', '%205', '-1', '5.0', '100', '9'.repeat(4_000), 'a'.repeat(8_000), ','.repeat(8_000)],
  ...['%00', '%ED%A0%80', '%20', '%25'.repeat(2_000), '__proto__', 'null', 'true', '275760-09-13', '0000-00-00'],
  ...['-271821-04-20T00:00:00Z', '9999-12-31T23:59:59.999Z', '999999d', '0m', 'Europe/Berlin', '*', "'", 'day', 'hour'],
  ...[forged(['next', '9'.repeat(500)]), forged(['next', '00000000-0000-0000-0000-000000000000']), forged([])],
  ...[forged([null, 'next', null, 1e300, [-8.64e15, 8.64e15, true]]), forged([[[[[[]]]]]])],
];

function hostileQuery(names: string[]): Arbitrary<string> {
  const name = constantFrom(...names, 'nonsense', '__proto__', 'constructor', 'limit', 'cursor');
  const once = tuple(name, constantFrom(...QUERY_VALUES)).map(([key, value]) => `${key}=${value}`);
  const repeated = tuple(name, integer({ min: 2, max: 900 })).map(([key, count]) => `${key}=a&`.repeat(count));
  return oneof(
    constant(''),
    array(once, { minLength: 1, maxLength: 3 }).map((all) => all.join('&')),
    repeated,
  ).map((query) => (query === '' ? '' : `?${query.slice(0, 12_000)}`));
}

const NAMES = ['a'.repeat(1_900), '%00', '%20', '__proto__', '..%2F..', '%F0%9F%92%A9', '0', "'"];

/** Mostly the address of something that is there. */
function address(
  path: string,
  parameters: NonNullable<Operation['parameters']>,
  known: Record<string, string>,
): Arbitrary<string> {
  const names = parameters.filter((parameter) => parameter.in === 'path');
  const values = names.map((parameter) =>
    oneof(
      {
        weight: 3,
        arbitrary: constant(known[parameter.name] ?? String(parameter.example ?? parameter.schema.example)),
      },
      constantFrom(...NAMES),
    ),
  );
  return tuple(...values).map((chosen) =>
    names.reduce((filled, { name }, index) => filled.replace(`{${name}}`, () => chosen[index]!), path),
  );
}

/** What a schema asks for, from its examples. */
export function example(document: ApiDocument, schema: Schema): Record<string, unknown> {
  if (schema.example !== undefined) return schema.example as Record<string, unknown>;
  if (schema.$ref) return example(document, document.components.schemas[schema.$ref.split('/').at(-1)!]!);
  if (schema.oneOf) return example(document, schema.oneOf[0]!);
  return Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .filter(([name, property]) => property.example !== undefined || schema.required?.includes(name))
      .map(([name, property]) => [name, property.example ?? property.enum?.[0] ?? {}]),
  );
}
