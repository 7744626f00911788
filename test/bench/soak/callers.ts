import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** One thing that somebody does to the service at `url`; `turn` counts how often it has been done. */
export type Caller = (url: string, turn: number) => Promise<unknown>;

const JSON_TYPE = { 'content-type': 'application/json' };
const PATIENCE_MS = 30_000;

async function ask(url: string, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS), ...init });
  return response.text();
}

function send(url: string, path: string, body: unknown, method = 'POST'): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask(url, `/api/v1${path}`, { method, headers: JSON_TYPE, body: text });
}

/** What those do for whom the service is there. */
export const ORDINARY: Record<string, Caller> = {
  deploy: async (url, turn) => {
    const key = `Soak${turn % 20}`;
    await send(
      url,
      `/content-types/${key}?author=soak`,
      { key, baseType: '_page', displayName: `Turn ${turn}` },
      'PUT',
    );
    await send(url, '/deployments', { platform: 'optimizely', actor: 'soak', items: [{ typeKey: key }] });
  },
  record: (url, turn) => {
    const sync = { platform: 'shop', direction: 'PUSH', typeKey: `T${turn % 50}`, actor: 'soak', data: { turn } };
    return send(url, '/sync/batch', {
      syncs: Array.from({ length: 50 }, () => ({ ...sync, result: { status: 'SUCCESS' } })),
    });
  },
  pull: (url) => send(url, '/platforms/optimizely/pull', { actor: 'soak' }),
  list: (url) => ask(url, '/api/v1/sync/history?limit=100&status=SUCCESS'),
  analyse: (url) => ask(url, '/api/v1/sync/analytics?platform=optimizely'),
  export: (url) => ask(url, '/api/v1/sync/history/export?format=csv&last=1h&typeKey=T1'),
  watch: async (url) => {
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(), 2_000);
    const init = { headers: { accept: 'text/event-stream' }, signal: leaving.signal };
    const response = await fetch(`${url}/api/v1/sync/events`, init).finally(() => clearTimeout(timer));
    await Promise.race([response.text(), wait(2_000)]).catch(() => undefined);
    leaving.abort();
  },
};

/** Small in bytes and large in work, or gone before the answer. */
export const HOSTILE: Record<string, Caller> = {
  'a number of 100,000 digits': (url) => send(url, '/alerts/test', `{"actor":1${'0'.repeat(100_000)}1}`),
  '80,000 empty items': (url) =>
    send(url, '/deployments?dryRun', `{"platform":"optimizely","actor":"a","items":[${'{},'.repeat(80_000)}{}]}`),
  '80,000 empty definitions': (url) =>
    send(url, '/content-types/import?author=a', `{"contentTypes":[${'{},'.repeat(80_000)}{}]}`),
  '100,000 levels': (url) => send(url, '/sync', '['.repeat(100_000)),
  'a key of 200,000 characters': (url) => send(url, '/sync', `{"${'k'.repeat(200_000)}":1}`),
  '16 MB to an address that is not there': (url) => send(url, '/nowhere', '0'.repeat(16_000_000)),
  'an environment that is not there': (url, turn) =>
    send(url, '/platforms/optimizely/pull', { actor: 'a', environment: `none-${turn}` }),
  'a key of its own for each refusal': (url, turn) =>
    ask(url, '/api/v1/sync', { method: 'POST', headers: { ...JSON_TYPE, 'idempotency-key': `k${turn}` }, body: '{}' }),
  'a forged cursor': (url) =>
    ask(url, `/api/v1/sync/history?cursor=${Buffer.from('["x","next",1e400,-1,[]]').toString('base64url')}`),
  'a query of 7,000 characters': (url) => ask(url, `/api/v1/sync/history?q=${'a'.repeat(7_000)}`),
  'readers of events who leave': (url, turn) => leave(url, '/api/v1/sync/events', turn % 20),
  'readers of exports who leave': (url, turn) => leave(url, '/api/v1/sync/history/export?format=ndjson', turn % 20),
  'a body that never comes': (url, turn) => linger(url, turn % 3_000),
};

/** Asks, and cuts the connection after so many milliseconds. */
function leave(url: string, path: string, afterMs: number): Promise<void> {
  return raw(url, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n`, afterMs);
}

/** Announces a body and sends none. */
function linger(url: string, forMs: number): Promise<void> {
  const head =
    'POST /api/v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{';
  return raw(url, head, forMs);
}

function raw(url: string, text: string, afterMs: number): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(text);
      void wait(afterMs).then(() => socket.resetAndDestroy());
    });
    socket.on('error', () => undefined).once('close', () => resolve());
    socket.resume();
  });
}
