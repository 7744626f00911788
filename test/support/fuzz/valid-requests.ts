import {
  array,
  type Arbitrary,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  tuple,
  uuid,
} from 'fast-check';
import type { ApiDocument, Operation, Route, Schema } from '../hostile-requests.ts';
import { exampleBody, type JsonTree, Members, RawJson, resolved, treeOf } from './json-tree.ts';
import { placeholder } from './known-things.ts';

/** A request in parts, so that each can be spoiled. */
export interface Draft {
  route: Route;
  method: string;
  /** By the names in the path of the route. */
  names: Record<string, string>;
  /** As they are sent. */
  query: [name: string, value: string][];
  headers: [name: string, value: string][];
  body?: JsonTree;
}

export const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** The request that the document has as an example, with things that are there. */
export function exampleDraft(document: ApiDocument, route: Route): Draft {
  const { parameters = [] } = route.operation;
  const schema = bodySchema(route);
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, example, schema }): [string, string] => [name, encoded(String(example ?? schema.example))]);
  const body = schema && exampleBody(document, schema);
  return {
    ...{ route, method: route.method, names: namesOf(route, 0), headers: [] },
    query: [...query, ...(NEEDED[nameOf(route)] ?? [])],
    ...(body && { body: withMembers(body, OTHERWISE[nameOf(route)] ?? {}) }),
  };
}

/** What no parameter is alone required to be. */
const NEEDED: Record<string, Draft['query']> = { 'GET /api/v1/live/compare': [['otherEnvironment', 'staging']] };

/** Members that an example has otherwise, so that one operation succeeds after the other. */
const OTHERWISE: Record<string, Record<string, unknown>> = {
  'POST /api/v1/plans': { environment: 'staging' },
  'POST /api/v1/plans/{id}/approve': { actor: 'somebody.else@example.com' },
  'POST /api/v1/sync/{syncId}/replay': { includeHealed: true },
  'POST /api/v1/deployments/{id}/rollback': { force: true },
};

function withMembers(body: JsonTree, members: Record<string, unknown>): JsonTree {
  if (!(body instanceof Members)) return body;
  const others = body.entries.filter(([name]) => !Object.hasOwn(members, name));
  return new Members([
    ...others,
    ...Object.entries(members).map(([name, value]): [string, JsonTree] => [name, treeOf(value)]),
  ]);
}

/** Requests that are right by the document. */
export function validDraft(document: ApiDocument, route: Route): Arbitrary<Draft> {
  const { parameters = [] } = route.operation;
  const schema = bodySchema(route);
  const query = tuple(
    ...parameters.filter((parameter) => parameter.in === 'query').map((parameter) => queryValue(route, parameter)),
  );
  return record({
    names: integer({ min: 0, max: 9 }).map((index) => namesOf(route, index)),
    query: query.map((values) => values.filter((value) => value !== null)),
    body: schema ? bodyOf(document, schema) : constant(undefined),
  }).map(({ names, query, body }) => ({
    ...{ route, method: route.method, names, query, headers: [] },
    ...(body && { body }),
  }));
}

export function bodySchema({ operation }: Route): Schema | undefined {
  return operation.requestBody?.content['application/json']?.schema;
}

/** Names that lead to something: of what was made before, or of what is always there. */
function namesOf({ path, operation }: Route, index: number): Record<string, string> {
  const segments = path.split('/');
  return Object.fromEntries(
    segments
      .filter((segment) => segment.startsWith('{'))
      .map((segment) => {
        const name = segment.slice(1, -1);
        const collection = segments[segments.indexOf(segment) - 1]!;
        if (name === 'typeKey') return [name, index % 3 === 2 ? 'Type1' : 'Article'];
        const shown = operation.parameters?.find((parameter) => parameter.name === name);
        if (name === 'platform') return [name, String(shown?.example ?? shown?.schema.example)];
        // The newest plan has been approved, and the newest sync has ended.
        if (/\/refuse$|^\/api\/v1\/sync\/\{syncId\}\/status$/.test(path))
          return [name, placeholder(collection, index + 1)];
        const isOfContent = /\/(replay|diff|snapshot)$/.test(path);
        return [name, placeholder(collection === 'sync' && isOfContent ? 'pushed' : collection, index)];
      }),
  );
}

type Parameter = NonNullable<Operation['parameters']>[number];

function queryValue(
  { path }: Route,
  { name, required, example, schema }: Parameter,
): Arbitrary<[string, string] | null> {
  const text = (value: unknown) => encoded(String([value].flat()[0]));
  const value: Arbitrary<string> =
    name === 'cursor'
      ? integer({ min: 0, max: 9 }).map((index) => placeholder(`cursor${path}`, index))
      : NAMED[name] && !schema.enum && !schema.items?.enum
        ? NAMED[name].map(text)
        : valueOf({ components: { schemas: {} }, paths: {} }, { example, ...schema }).map((tree) => text(plain(tree)));
  const pair = value.map((one): [string, string] => [name, one]);
  // Several filters at once seldom find anything.
  return required ? pair : oneof({ weight: 4, arbitrary: constant(null) }, { weight: 1, arbitrary: pair });
}

const encoded = (value: string) => (value.startsWith('@@') ? value : encodeURIComponent(value));

function plain(tree: JsonTree): unknown {
  if (tree instanceof RawJson) return JSON.parse(tree.text);
  return Array.isArray(tree) ? tree.map(plain) : {};
}

function bodyOf(document: ApiDocument, schema: Schema): Arbitrary<JsonTree> {
  const shown = constant(exampleBody(document, schema));
  return oneof({ weight: 1, arbitrary: shown }, { weight: 2, arbitrary: valueOf(document, schema) });
}

/** Values of members by their names, where those lead to something. */
const NAMED: Record<string, Arbitrary<unknown>> = {
  typeKey: constantFrom('Article', 'Type1', 'Type2'),
  kind: constant('contentType'),
  environment: constantFrom('default', 'staging'),
  otherEnvironment: constantFrom('default', 'staging'),
  fromEnvironment: constantFrom('default', 'staging'),
  timeZone: constantFrom('UTC', 'Europe/Berlin', 'Pacific/Apia'),
  cron: constant('0 3 1 1 *'),
  by: constant('0 3 1 1 *'),
  versionHash: constantFrom(0, 1).map((index) => placeholder('hashes', index)),
  root: constantFrom('0'.repeat(64)),
  planId: constantFrom(0, 1).map((index) => placeholder('plans', index)),
  deployment: constantFrom(0, 1).map((index) => placeholder('deployments', index)),
  rollbackOf: constantFrom(0, 1).map((index) => placeholder('deployments', index)),
  deploymentId: constantFrom(0, 1).map((index) => placeholder('deployments', index)),
  syncId: constantFrom(0, 1).map((index) => placeholder('sync', index)),
  after: integer({ min: 0, max: 50 }),
  expiresInMs: constantFrom(1_000, 900_000),
  limit: integer({ min: 1, max: 100 }),
};

const MOMENTS = ['2026-01-31T03:00:00Z', '2089-12-20T00:00:00Z', '2026-06-01T12:00:00.123+02:00'];

function valueOf(document: ApiDocument, given: Schema, name = ''): Arbitrary<JsonTree> {
  const schema = resolved(document, given);
  const { example: shown, enum: names, type, format, pattern, items, properties } = schema;
  if (names) return constantFrom(...names).map(treeOf);
  if (NAMED[name] && !properties && type !== 'array') return NAMED[name].map(treeOf);
  const kind = [type].flat()[0];
  if (properties) return objectOf(document, schema);
  if (shown !== undefined && kind !== 'array' && kind !== 'number' && kind !== 'integer')
    return constant(treeOf(shown));
  if (kind === 'array') {
    const length = { minLength: Math.max(1, schema.minItems ?? 1), maxLength: 2 };
    const element = { ...(shown !== undefined && { example: [shown].flat()[0] }), ...items };
    return array(valueOf(document, element, name), length);
  }
  if (kind === 'object') return constantFrom({}, { a: 'b' }, { ticket: 'SHOP-1043' }).map(treeOf);
  if (kind === 'boolean') return boolean().map(treeOf);
  if (kind === 'number' || kind === 'integer') {
    const { minimum: min = 0, maximum: max = 100 } = schema;
    return integer({ min, max }).map(treeOf);
  }
  if (format === 'uuid') return uuid({ version: 7 }).map(treeOf);
  if (format === 'date-time') return constantFrom(...MOMENTS).map(treeOf);
  if (pattern) return constantFrom('1d', '24h', '90m').map(treeOf);
  if (kind === 'string') return constantFrom('a', 'A text', 'Grüße 👩‍🚀').map(treeOf);
  return constantFrom<unknown[]>(null, 1, 'a', { a: [1, 'b', null] }).map(treeOf);
}

function objectOf(document: ApiDocument, { properties = {}, required = [] }: Schema): Arbitrary<JsonTree> {
  const members = Object.entries(properties).map(([name, property]) => {
    const value = valueOf(document, property, name).map((tree): [string, JsonTree] => [name, tree]);
    return required.includes(name) ? value : oneof(constant(null), value);
  });
  return tuple(...members).map((all) => new Members(all.filter((member) => member !== null)));
}
