import type { Schema } from '../hostile-requests.ts';
import { ANY_LIST, CURSOR_CHANGES, placeholder } from './known-things.ts';

/** Names that objects inherit, or that nobody knows. */
export const ODD_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'nonsense', '', 'prototype', '0'];

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const text = (length: number) => JSON.stringify('a'.repeat(Math.max(0, length)));

/** JSON texts that are wrong nearly everywhere, the small ones first. */
const ODD_JSON = [
  ...['null', '""', '0', 'true', 'false', '[]', '{}', '-1', '1.5', '-0', '"0"', '"1"', '" "', '[null]', '[[]]'],
  ...['{"a":1}'],
  ...['"__proto__"', '"constructor"', '"toString"', '{"__proto__":{}}', '{"constructor":{"prototype":{}}}', '{"":1}'],
  ...['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00a"', '"\\u202ea"', '"\\u200b"', '"\\ufeff"', '"é\\u0301"'],
  ...['"👩‍🚀"'],
  ...['1e1', '1e400', '9007199254740993', '2147483648', '1e308', '-1e308', '5e-324', '0.1', '1.0', '01', '+1', 'NaN'],
  ...['" 5"', '"1e1"', '"0x10"', '"5.0"', '"٥"', '".."', '"a/b"', '"%2F"', '"true"', '"null"', '"%00"'],
  ...['"\'; drop table"'],
  ...['"2026-02-30T00:00:00Z"', '"2026-01-01"', '"+275760-09-13T00:00:00Z"', '"9999-12-31T23:59:59.999Z"'],
  ...['"0000-01-01"'],
  ...['"* * * * *"', '"60 * * * *"', '"Mars/Olympus"', '"019a5f0e-7c11-7aaa-8000-000000000000"', '"019A5F0E"'],
  ...[text(254), text(255), text(256), text(2_000), text(2_001), text(70_000), nested(150), nested(201), nested(5_000)],
];

/** One less, just so many, one more. */
const around = (...limits: (number | undefined)[]) =>
  limits
    .flatMap((limit) => (limit === undefined ? [] : [limit - 1, limit, limit + 1]))
    .filter((number) => number >= -1);

/** JSON texts at each limit that the document has for a place. */
export function jsonAtLimits({ minimum, maximum, minLength, maxLength }: Schema): string[] {
  return [...around(minimum, maximum).map(String), ...around(minLength, maxLength).map(text)];
}

/** How often an element may stand in a list around its limits. */
export const countsAtLimits = ({ minItems, maxItems }: Schema): number[] => around(minItems, maxItems);

/** What stands in a query after `=` around its limits. */
export function queryAtLimits({ minimum, maximum, minLength, maxLength }: Schema): string[] {
  const lengths = around(minLength, maxLength).map((length) => 'a'.repeat(Math.max(0, length)));
  return [...around(minimum, maximum).map(String), ...lengths];
}

/** JSON texts for a place: at its limits, of the wrong type, and odd. */
export function oddJson(schema: Schema): string[] {
  const names = (schema.enum ?? []).filter((name) => typeof name === 'string');
  const others = names.flatMap((name) =>
    [name.toLowerCase(), `${name} `, [name]].map((value) => JSON.stringify(value)),
  );
  return [...jsonAtLimits(schema), ...others, ...ODD_JSON];
}

/** What stands in a query after `=`, as it is sent. */
export function oddQueryValues(schema: Schema, list: string): string[] {
  const cursors = [`cursor${list}`, `cursor${ANY_LIST}`].flatMap((pool) =>
    CURSOR_CHANGES.map((change, index) => placeholder(pool, index, change)),
  );
  return [
    ...queryAtLimits(schema),
    ...(schema.maxLength === 4_000 ? [...cursors, ...cursors] : []),
    ...(schema.format === 'uuid' ? [placeholder('sync', 0), placeholder('deployments', 0)] : []),
    ...['', '0', '1', '-1', '1e1', '0x10', '%205', '5%20', '5.0', '%2B5', '+5', '05', '0b1', '1_0', '%D9%A5', 'NaN'],
    ...['Infinity'],
    ...['99999999999999999999', '9007199254740993', 'true', 'TRUE', 'null', 'undefined', '%00', 'a%00', '%20'],
    ...['%E2%80%AE'],
    ...['%ED%A0%80', '%F0%9F%92%A9', '%FF', '%', '%zz', '%E0%A4', '__proto__', 'constructor', '..', '*', "'", '%22'],
    ...['a,b', '2026-01-01', '2026-13-01', '2026-02-30', '275760-09-13', '2026-01-01T00:00:00%2B25:00'],
    ...['2026-01-01/2025-01-01'],
    ...['7d', '0d', '999999d', '1000000d', 'PT1H', 'Europe/Berlin', 'europe/berlin', '-startedAt', 'hour', 'day'],
    ...['a'.repeat(255), 'a'.repeat(256), 'a'.repeat(8_000)],
  ];
}

/** What may stand for one name in an address, as it is sent. */
export const ODD_SEGMENTS = [
  ...['', '.', '..', '%2E', '%2e%2e', '%2F', 'a%2Fb', '..%2F..', '%5C', '%', '%zz', '%E0%A4', '%00', 'a%00b', '%20'],
  ...['%25'],
  ...['%ED%A0%80', '%FF', '%F0%9F%92%A9', '%E2%80%AE', '__proto__', 'constructor', 'toString', '0', '-1', "'", '*'],
  ...[';a=1'],
  ...['history', 'analytics', 'batch', 'latest', '%68istory', '{id}', ':id', 'D-1', 'D-0', 'D-99999999999999999999'],
  ...['d-1', '019a5f0e-7c11-7aaa-8000-000000000000', '019A5F0E-7C11-7AAA-8000-000000000000'],
  ...['00000000-0000-0000-0000-000000000000'],
  ...['ffffffff-ffff-ffff-ffff-ffffffffffff', '019a5f0e7c117aaa8000000000000000', 'a'.repeat(255), 'a'.repeat(256)],
  ...['a'.repeat(2_000), 'a'.repeat(2_001), '%61'.repeat(2_001), 'a'.repeat(12_000)],
];

/** What may be made of a whole address. */
export const ODD_PATHS: ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replace('/api/v1/', '/api//v1/'),
  (path) => path.replace('/api/v1/', '/api/v1/./'),
  (path) => path.replace('/api/v1/', '/api/v1/../v1/'),
  (path) => path.replace('/api/v1/', '/api/v2/'),
  (path) => path.replace('/api/v1/', '/API/V1/'),
  (path) => path.replace('/api/v1/', '/api%2Fv1%2F'),
  (path) => path.replace('/api', '/%61pi'),
  (path) => `${path};a=1`,
  (path) => `${path}%00`,
  (path) => `${path}/nonsense`,
  (path) => `http://127.0.0.1${path}`,
  (path) => `http://elsewhere.example${path}`,
  (path) => `${path}#a`,
  (path) => `${path}%3Flimit=1`,
  (path) => `${path}\\`,
];

export const ODD_METHODS = [
  'HEAD',
  'OPTIONS',
  'TRACE',
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'PROPFIND',
  'QUERY',
  'PURGE',
];

export const ODD_HEADERS: [name: string, value: string][] = [
  ...[
    ...['', 'application/json; charset=utf-16', 'application/json;charset=latin1', 'application/json; charset='],
    ...['text/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a'],
    ...['application/json, text/plain'],
    ...['application/JSON', 'application/vnd.a+json', 'application/json; a="', 'application/problem+json', 'json'],
    ...['/', ';', 'application/json;charset="UTF8"', `application/json; a=${'b'.repeat(4_000)}`],
  ].map((value): [string, string] => ['content-type', value]),
  ...['gzip', 'identity', 'br, gzip', 'x', ''].map((value): [string, string] => ['content-encoding', value]),
  ...[
    ...['image/png', '', '*/*;q=0', 'application/json;q=0', 'text/html', 'text/event-stream;q=0.1', 'a', 'text/csv'],
    ...['*', 'application/json-patch+json', 'application/x-ndjson, */*', 'text/markdown', ','.repeat(4_000)],
    ...['application/json;q=x'],
  ].map((value): [string, string] => ['accept', value]),
  ...['', 'a', 'a'.repeat(255), 'a'.repeat(256), 'a b', '\xe9', '~', '__proto__'].map((value): [string, string] => [
    'idempotency-key',
    value,
  ]),
  ...['', '*', '""', 'W/"a"', '"a", "b"', '"'.repeat(3_000)].map((value): [string, string] => ['if-none-match', value]),
  ...['', '0', '-1', '1e1', '99999999999999999999', 'a', '0;0'].map((value): [string, string] => [
    'last-event-id',
    value,
  ]),
  ...([
    ['origin', 'https://elsewhere.example'],
    ['origin', 'null'],
    ['host', 'elsewhere.example'],
    ['host', ''],
    ['host', '[::1'],
    ['range', 'bytes=0-1'],
    ['x-http-method-override', 'DELETE'],
    ['expect', '100-continue'],
    ['te', 'trailers'],
    ['accept-encoding', 'gzip, br'],
    ['cookie', 'a='.repeat(2_000)],
    ['__proto__', 'a'],
    ['if-match', '*'],
    ['x-forwarded-host', 'elsewhere.example'],
  ] as [string, string][]),
];

/** What may be made of a whole body. */
export const ODD_BODIES: ((text: string) => { body?: string; encoding?: BufferEncoding })[] = [
  () => ({}),
  () => ({ body: '' }),
  () => ({ body: 'null' }),
  () => ({ body: '[]' }),
  () => ({ body: '{}' }),
  () => ({ body: '"a"' }),
  () => ({ body: '1' }),
  (text) => ({ body: `[${text}]` }),
  (text) => ({ body: text.slice(0, -1) }),
  (text) => ({ body: text.slice(0, text.length / 2) }),
  (text) => ({ body: `${text}${text}` }),
  (text) => ({ body: `${text},` }),
  (text) => ({ body: text.replace('}', ',}') }),
  (text) => ({ body: text.replaceAll('"', "'") }),
  (text) => ({ body: `\ufeff${text}` }),
  (text) => ({ body: text, encoding: 'utf16le' }),
  (text) => ({ body: text.replace(/"(?=[,}\]])/, '\xe9"'), encoding: 'latin1' }),
  (text) => ({ body: `${' '.repeat(5_000)}${text}\r\n\t` }),
  (text) => ({ body: text.replace('{', '{"__proto__":{"actor":"a"},') }),
  (text) => ({ body: text.replace(/^\{("[^"]*":)/, '{$1null,$1') }),
  (text) => ({ body: `{"a":${nested(199)},"b":${text}}` }),
  (text) => ({ body: `/* a */${text}` }),
];
