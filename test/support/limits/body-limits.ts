import { many, type Probe, type Probes, type Probing, send, sendRaw } from './probe.ts';

const SYNC = { platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a' };
const NOBODY = '019a5f0e-7c11-7aaa-8000-000000000000';
/** By the place of its limit in the row. */
const ROUTES: [method: string, path: string][][] = [
  [['POST', '/alerts/test']],
  [
    ['POST', '/deployments'],
    ['POST', '/plans'],
  ],
  [
    ['PUT', '/content-types/A'],
    ['PATCH', `/sync/${NOBODY}/status`],
  ],
  [
    ['POST', '/content-types/import'],
    ['POST', '/sync'],
    ['POST', '/sync/batch'],
  ],
];
/** Bytes that are really sent; of more, the announcement is enough. */
const MAX_SENT = 2 ** 20;

const head = (method: string, path: string, headers: Record<string, string | number>) =>
  `${method} /api/v1${path} HTTP/1.1\r\n${Object.entries({
    Host: 'localhost',
    'Content-Type': 'application/json',
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

function bytesOf(probing: Probing, limit: number, method: string, path: string): Probe[] {
  const what = `${method} ${path}`;
  const announced: Probe = {
    ...{ what: `${what}, announced`, limit, accepted: 100 },
    send: (count) => sendRaw(probing, head(method, path, { 'Content-Length': count, Expect: '100-continue' })),
  };
  if (limit > MAX_SENT) return [announced];
  const sent: Probe = {
    ...{ what: `${what}, sent`, limit, accepted: 400 },
    send: (count) => send(probing, method, path, '[]'.padEnd(count)),
  };
  const chunked: Probe = {
    ...{ what: `${what}, in chunks that announce nothing`, limit, accepted: 400 },
    send: (count) => {
      const chunks = [`2\r\n[]\r\n`, `${(count - 2).toString(16)}\r\n${' '.repeat(count - 2)}\r\n`, '0\r\n\r\n'];
      return sendRaw(probing, head(method, path, { 'Transfer-Encoding': 'chunked' }) + chunks.join(''));
    },
  };
  return [announced, sent, chunked];
}

const zeros = (count: number) => `[${many(count, () => 0).join()}]`;
/** A sync with such data, as JSON. */
const syncWith = (data: string) => JSON.stringify({ ...SYNC, data: null }).replace('null', () => data);

export const BODY_LIMITS: Probes = {
  bytes: (limits, probing) =>
    limits.flatMap((limit, place) => ROUTES[place]!.flatMap(([method, path]) => bytesOf(probing, limit, method, path))),
  'values: texts, numbers, lists, objects, …': ([limit, ofContent], probing) => [
    {
      ...{ what: 'values', limit: limit!, accepted: 400 },
      // The list is one too.
      send: (count) => send(probing, 'POST', '/alerts/test', zeros(count - 1)),
    },
    {
      ...{ what: 'values of a body with content', limit: ofContent! },
      send: (count) => {
        // The body, its four texts, the object of the data, and eleven lists.
        const lists = [...many(10, () => zeros(90_000)), zeros(count - 6 - 11 - 10 * 90_000)];
        return send(
          probing,
          'POST',
          '/sync',
          syncWith(`{${lists.map((list, index) => `"l${index}":${list}`).join()}}`),
        );
      },
    },
  ],
  levels: ([limit], probing) => [
    {
      ...{ what: 'levels', limit: limit! },
      send: (count) =>
        send(probing, 'PUT', '/content-types/Deep', `{"a":${'['.repeat(count - 1)}${']'.repeat(count - 1)}}`),
    },
  ],
  'elements of a list, members of an object': ([elements, members], probing) => [
    {
      what: 'elements',
      limit: elements!,
      send: (count) => send(probing, 'POST', '/sync', syncWith(`{"a":${zeros(count)}}`)),
    },
    {
      ...{ what: 'members', limit: members! },
      send: (count) => send(probing, 'POST', '/sync', syncWith(`{${many(count, (index) => `"m${index}":0`).join()}}`)),
    },
  ],
  'characters of a key, of a number': ([key, number], probing) => [
    {
      what: 'key',
      limit: key!,
      send: (count) => send(probing, 'POST', '/sync', syncWith(`{"${'k'.repeat(count)}":0}`)),
    },
    {
      ...{ what: 'number', limit: number! },
      send: (count) => send(probing, 'POST', '/sync', syncWith(`{"n":1.${'0'.repeat(count - 2)}}`)),
    },
  ],
};
