import { array, type Arbitrary, constantFrom, nat, noBias, oneof, record, tuple } from 'fast-check';
import type { ApiDocument, Route, Schema } from '../hostile-requests.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import { type JsonTree, Members, RawJson, replaced, resolved, spotsIn, textOf, treeAt, treeOf } from './json-tree.ts';
import {
  ODD_BODIES,
  ODD_HEADERS,
  ODD_METHODS,
  ODD_NAMES,
  ODD_PATHS,
  ODD_SEGMENTS,
  countsAtLimits,
  jsonAtLimits,
  oddJson,
  oddQueryValues,
  queryAtLimits,
} from './odd-values.ts';
import { bodySchema, type Draft, exampleDraft, nameOf, validDraft } from './valid-requests.ts';

/** The example of an operation. */
export const exampleRequest = (document: ApiDocument, route: Route): FuzzRequest =>
  requestOf(exampleDraft(document, route));

/** Requests that are right by the document. */
export const validRequest = (document: ApiDocument, route: Route): Arbitrary<FuzzRequest> =>
  validDraft(document, route).map(requestOf);

/** Requests that would be right but for one thing, or for a few. */
export function spoiledRequest(document: ApiDocument, route: Route): Arbitrary<FuzzRequest> {
  const places = PLACES.filter(({ isIn }) => isIn(route)).map(({ weight, spoil }) => ({
    ...{ weight, arbitrary: tuple(constantFrom(spoil), noBias(nat()), noBias(nat())) },
  }));
  const drafts = oneof(
    { weight: 1, arbitrary: constantFrom(exampleDraft(document, route)) },
    { weight: 1, arbitrary: validDraft(document, route) },
  );
  const spoilings = oneof(
    { weight: 3, arbitrary: array(oneof(...places), { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: array(oneof(...places), { minLength: 1, maxLength: 4 }) },
  );
  const whole = oneof(
    { weight: 12, arbitrary: constantFrom(undefined) },
    { weight: 1, arbitrary: constantFrom(...ODD_BODIES.map((_, index) => index)) },
  );
  return record({ draft: drafts, spoilings, path: pathChange(), whole }).map(({ draft, spoilings, path, whole }) => {
    let spoiled = draft;
    for (const [spoil, where, how] of spoilings) spoiled = spoil(spoiled, where, how, document);
    const request = requestOf(spoiled);
    return { ...(whole === undefined ? request : oddBody(request, whole)), path: path(request.path) };
  });
}

/** One request for each value around each limit that the document has. */
export function requestsAtLimits(document: ApiDocument, route: Route): FuzzRequest[] {
  const draft = exampleDraft(document, route);
  const queries = queriesOf(route).flatMap(({ name, schema }) => [
    ...queryAtLimits(schema.items ?? schema).map((value): Draft['query'] => [[name, value]]),
    ...countsAtLimits(schema).map((count) =>
      Array.from({ length: Math.max(0, count) }, (): [string, string] => [name, 'a']),
    ),
  ]);
  const others = (query: Draft['query']) => draft.query.filter(([name]) => name !== query[0]?.[0]);
  return [
    ...queries.map((query) => ({
      draft: { ...draft, query: [...others(query), ...query] },
      name: query[0]?.[0] ?? '',
    })),
    ...bodiesAtLimits(document, draft).map(({ name, body }) => ({ draft: { ...draft, body }, name })),
  ].map(({ draft: one, name }) => ({ ...requestOf(one), isAtLimit: name }));
}

function bodiesAtLimits(document: ApiDocument, { route, body }: Draft): { name: string; body: JsonTree }[] {
  if (body === undefined) return [];
  return spotsIn(document, body, bodySchema(route) ?? {}).flatMap(({ path, schema: { properties = {} } }) =>
    Object.entries(properties).flatMap(([name, given]) => {
      const schema = resolved(document, given);
      const put = (value: (there: JsonTree) => JsonTree) =>
        replaced(body, path, (owner) => (owner instanceof Members ? withMember(owner, name, value) : owner));
      return [
        ...jsonAtLimits(schema).map((text) => put(() => new RawJson(text))),
        ...countsAtLimits(schema).map((count) => put((there) => listOf(there, count))),
      ].map((changed) => ({ name, body: changed }));
    }),
  );
}

function withMember({ entries }: Members, name: string, value: (there: JsonTree) => JsonTree): Members {
  const there = entries.find(([other]) => other === name)?.[1] ?? new RawJson('"a"');
  return new Members([...entries.filter(([other]) => other !== name), [name, value(there)]]);
}

const pathChange = (): Arbitrary<(path: string) => string> =>
  oneof(
    { weight: 20, arbitrary: constantFrom((path: string) => path) },
    { weight: 1, arbitrary: constantFrom(...ODD_PATHS).map((change) => (path: string) => onPath(path, change)) },
  );

function onPath(path: string, change: (path: string) => string): string {
  const [address, ...query] = path.split('?');
  return [change(address!), ...query].join('?');
}

function oddBody({ body, ...request }: FuzzRequest, index: number): FuzzRequest {
  const odd = ODD_BODIES[index]!(body ?? '{"a":"b"}');
  return { ...request, ...odd, headers: headersFor(request.headers, odd.body !== undefined) };
}

function headersFor(headers: FuzzRequest['headers'], hasBody: boolean): FuzzRequest['headers'] {
  const has = headers.some(([name]) => name === 'content-type');
  return hasBody && !has ? [['content-type', 'application/json'], ...headers] : headers;
}

function requestOf({ route, method, names, query, headers, body }: Draft): FuzzRequest {
  const address = route.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => names[name]!);
  const asked = query.map(([name, value]) => (value === '\0' ? name : `${name}=${value}`)).join('&');
  return {
    ...{ operation: nameOf(route), method, path: asked ? `${address}?${asked}` : address },
    headers: headersFor(headers, body !== undefined),
    ...(body !== undefined && { body: textOf(body) }),
  };
}

type Spoil = (draft: Draft, where: number, how: number, document: ApiDocument) => Draft;

const chosen = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
const queriesOf = ({ operation }: Route) =>
  (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');

/** A member of the body gets another value, goes, comes twice, or is joined by one that nobody knows. */
const spoilBody: Spoil = (draft, where, how, document) => {
  if (draft.body === undefined) return draft;
  const schema = bodySchema(draft.route) ?? {};
  const spots = spotsIn(document, draft.body, schema).slice(1);
  if (spots.length === 0) return draft;
  const spot = chosen(spots, where);
  const values = oddJson(spot.schema);
  const counts = Array.isArray(treeAt(draft.body, spot.path)) ? [...countsAtLimits(spot.schema), 2, 101] : [];
  const changes = [
    () => replaced(draft.body!, spot.path, () => undefined),
    () => replaced(draft.body!, spot.path.slice(0, -1), (owner) => twice(owner, spot.path.at(-1)!)),
    ...counts.map((count) => () => replaced(draft.body!, spot.path, (list) => listOf(list, count))),
    ...values.map((text) => () => replaced(draft.body!, spot.path, () => new RawJson(text))),
  ];
  return { ...draft, body: chosen(changes, how)() };
};

const addMember: Spoil = (draft, where, how, document) => {
  if (draft.body === undefined) return draft;
  const schema = resolved(document, bodySchema(draft.route) ?? {});
  const spots = spotsIn(document, draft.body, schema);
  const known = Object.keys(schema.properties ?? {});
  const name = chosen([...ODD_NAMES, ...known.map((one) => one.toUpperCase()), 'a'.repeat(5_000)], how);
  const added = new RawJson(chosen(oddJson({}), how));
  const body = replaced(draft.body, chosen(spots, where).path, (owner) =>
    owner instanceof Members ? new Members([...owner.entries, [name, added]]) : owner,
  );
  return { ...draft, body };
};

/** The optional members that stand nowhere, with odd values. */
const fillMember: Spoil = (draft, where, how, document) => {
  if (!(draft.body instanceof Members)) return draft;
  const { properties = {} } = resolved(document, bodySchema(draft.route) ?? {});
  const names = Object.keys(properties);
  if (names.length === 0) return draft;
  const name = chosen(names, where);
  const values = oddJson(resolved(document, properties[name] as Schema));
  return { ...draft, body: withMember(draft.body, name, () => new RawJson(chosen(values, how))) };
};

function twice(owner: JsonTree, name: string | number) {
  if (!(owner instanceof Members)) return owner;
  return new Members([...owner.entries, ...owner.entries.filter(([other]) => other === name)]);
}

function listOf(list: JsonTree, count: number): JsonTree[] {
  const element = Array.isArray(list) ? (list[0] ?? new RawJson('null')) : list;
  return Array.from({ length: Math.max(0, count) }, () => element);
}

const spoilQuery: Spoil = (draft, where, how) => {
  const { name, schema } = chosen(queriesOf(draft.route), where);
  const others = draft.query.filter(([other]) => other !== name);
  const value = draft.query.find(([other]) => other === name)?.[1] ?? '1';
  const odd = oddQueryValues(schema.items ?? schema, draft.route.path);
  const changes: [string, string][][] = [
    [
      [name, value],
      [name, value],
    ],
    [[`${name}[]`, value]],
    [[`${name}[a]`, value]],
    [[`${name}[__proto__][a]`, value]],
    [[`${name}.a`, value]],
    [[name.toUpperCase(), value]],
    [[encodeURIComponent(name).replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`), value]],
    [[name, '\0']],
    ...[2, 100, 101].map((count) => Array.from({ length: count }, (): [string, string] => [name, 'a'])),
    ...odd.map((one): [string, string][] => [[name, one]]),
  ];
  return { ...draft, query: [...others, ...chosen(changes, how)] };
};

const addQuery: Spoil = (draft, where, how) => {
  const name = chosen(
    [...ODD_NAMES, 'limit', 'cursor', '%5F_proto__', '__proto__[a]', 'a[b][c]', '%', '&', '%00'],
    where,
  );
  return { ...draft, query: [...draft.query, [name, chosen(['1', '', '\0', 'a', '%', '{}'], how)]] };
};

const spoilName: Spoil = (draft, where, how) => {
  const name = chosen(Object.keys(draft.names), where);
  return { ...draft, names: { ...draft.names, [name]: chosen(ODD_SEGMENTS, how) } };
};

const spoilMethod: Spoil = (draft, _where, how) => ({ ...draft, method: chosen(ODD_METHODS, how) });

const addHeader: Spoil = (draft, where, how) => {
  const [name, value] = chosen(ODD_HEADERS, where * 7 + how);
  return { ...draft, headers: [...draft.headers.filter(([other]) => other !== name), [name, value]] };
};

/** A body where none belongs. */
const giveBody: Spoil = (draft) => ({ ...draft, body: draft.body ?? treeOf({ actor: 'a' }) });

const always = () => true;
const takesBody = (route: Route) => bodySchema(route) !== undefined;
const PLACES: { weight: number; isIn: (route: Route) => boolean; spoil: Spoil }[] = [
  { weight: 8, isIn: takesBody, spoil: spoilBody },
  { weight: 4, isIn: takesBody, spoil: fillMember },
  { weight: 2, isIn: takesBody, spoil: addMember },
  { weight: 8, isIn: (route) => queriesOf(route).length > 0, spoil: spoilQuery },
  { weight: 2, isIn: always, spoil: addQuery },
  { weight: 3, isIn: ({ path }) => path.includes('{'), spoil: spoilName },
  { weight: 2, isIn: always, spoil: addHeader },
  { weight: 1, isIn: always, spoil: spoilMethod },
  { weight: 1, isIn: (route) => !takesBody(route), spoil: giveBody },
];
