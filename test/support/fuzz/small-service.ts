import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiDocument } from '../hostile-requests.ts';
import { ForbiddenCheck } from './forbidden.ts';
import type { FuzzTarget } from './fuzzer.ts';

const problem = {
  content: { 'application/problem+json': { schema: { type: 'object', required: ['code', 'detail'] } } },
};
const thing = {
  type: 'object',
  properties: { id: { type: 'string' }, count: { type: 'integer' } },
  required: ['id', 'count'],
};
export const SMALL_DOCUMENT = {
  paths: {
    '/api/v1/things': {
      get: {
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'number', minimum: 1, maximum: 100, default: 50 } }],
        responses: { 200: { content: { 'application/json': { schema: thing } } }, '4XX': problem, '5XX': problem },
      },
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/NewThing' } } } },
        responses: { 201: { content: { 'application/json': { schema: thing } } }, '4XX': problem, '5XX': problem },
      },
    },
  },
  components: {
    schemas: {
      NewThing: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 40, example: 'A thing' },
          count: { type: 'integer', minimum: 1, maximum: 10, example: 5 },
        },
        required: ['name'],
      },
    },
  },
} as unknown as ApiDocument;

/** What the small service below gets wrong; few requests only meet it. */
export type Bug =
  | 'status'
  | 'crash'
  | 'hang'
  | 'body'
  | 'code'
  | 'detail'
  | 'write'
  | 'read'
  | 'slow'
  | 'limit'
  | 'early'
  | 'notation'
  | 'allow';

const allowed = new ForbiddenCheck(SMALL_DOCUMENT);
/** Milliseconds that an answer of it may take. */
const MAX_MS = 80;

/** A service of one table, which does what its document says but for a bug. */
export async function startSmallService(bug?: Bug): Promise<FuzzTarget & { close: () => void }> {
  const rows: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const now = () => Promise.resolve(new Map([['thing', rows.join()]]));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, tables: { now, quiet: now }, maxMs: MAX_MS, close: () => server.close() };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const body = await text(request);
    const send = (status: number, type: string, value: unknown) =>
      response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
    const refuse = (status: number, code = 'INVALID_REQUEST', detail = 'It is wrong.', errors: object[] = []) =>
      send(status, 'application/problem+json', { title: 'Wrong', status, code, detail, errors });
    if (!/^\/api\/v1\/things(\?|$)/.test(path)) return void refuse(404, 'NOT_FOUND');
    if (method !== 'GET' && method !== 'POST') {
      if (bug !== 'allow') response.setHeader('allow', 'GET, POST');
      return void refuse(405, 'METHOD_NOT_ALLOWED');
    }
    if (bug === 'early' && path.includes('limit=100'))
      return void refuse(400, 'INVALID_REQUEST', 'It is too large.', [{ field: 'limit' }]);
    const reason = allowed.reason({ operation: `${method} /api/v1/things`, method, path, headers: [], body });
    if (reason !== undefined) {
      if (bug === 'crash' && reason.includes('/count must be integer')) return void refuse(500, 'INTERNAL_ERROR');
      if (bug === 'hang' && reason.includes('no JSON')) return void response.destroy();
      if (bug === 'code' && reason.includes('no parameter')) return void refuse(400, 'no-such-parameter');
      if (bug === 'detail' && reason.includes('plain decimal')) return void refuse(400, 'INVALID_REQUEST', '');
      if (bug === 'write' && reason.includes('count must be <=')) rows.push('refused');
      const isTaken =
        bug === 'limit'
          ? reason.includes('over 100')
          : bug === 'notation' && reason.includes('plain decimal') && isNumber(path);
      if (!isTaken) return void refuse(400);
    }
    if (bug === 'slow' && path.includes('limit=100')) await wait(MAX_MS + 30);
    if (bug === 'read' && path.includes('limit=1')) rows.push('read');
    if (method === 'POST') rows.push(body);
    const count = bug === 'body' && /"count":[6-9]/.test(body) ? null : rows.length;
    const status = method === 'POST' ? 201 : 200;
    send(bug === 'status' && path.includes('limit=1') ? 206 : status, 'application/json', { id: 'a', count });
  }
}

/** As JavaScript would have it. */
const isNumber = (path: string) => {
  const value = Number(new URL(path, 'http://localhost').searchParams.get('limit') || 'none');
  return value >= 1 && value <= 100;
};
