import { existsSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { inLength, say } from '../support/chaos.ts';
import { comeAndGo, reader, wire } from '../support/passing-readers.ts';
import { idAt, insertHistory } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { ProjectedClient } from '../support/sql.ts';

const READERS = inLength(300, 2_000);
/** The kinds that take a connection to the database each time are fewer in the short form. */
const EXPORTERS = inLength(60, 2_000);

const API = '/api/v1';
const STREAM = { path: `${API}/sync/events`, headers: { accept: 'text/event-stream' } };
const EXPORT = `${API}/sync/history/export`;
const DIFF = `${API}/content-types/Wide/diff?from=1&to=2&format=ndjson`;

/** Every kind of answer that is streamed, as it goes over the wire. */
const STREAMED: Record<string, string> = {
  'the events': wire(STREAM),
  'the events from the first on': wire({ ...STREAM, path: `${STREAM.path}?after=0` }),
  'four streams of events on one connection': wire(STREAM).repeat(4),
  'the head of the events': wire({ ...STREAM, method: 'HEAD' }),
  'an export as CSV': wire({ path: `${EXPORT}?format=csv` }),
  'an export as NDJSON': wire({ path: `${EXPORT}?format=ndjson` }),
  'an export in gzip': wire({ path: EXPORT, headers: { 'accept-encoding': 'gzip' } }),
  'the head of an export': wire({ path: `${EXPORT}?format=ndjson`, method: 'HEAD' }),
  'four exports on one connection': wire({ path: EXPORT }).repeat(4),
  'a diff as a file': wire({ path: DIFF }),
  'the head of a diff': wire({ path: DIFF, method: 'HEAD' }),
  'a file of the documentation': wire({ path: '/docs/swagger-ui-bundle.js' }),
};

describe('readers who leave before or while they are answered', () => {
  let service: TestApp;
  let database: Client;

  beforeAll(async () => {
    service = await startTestApp();
    database = new ProjectedClient({ connectionString: service.databaseUrl });
    database.on('error', () => undefined);
    await database.connect();
    await insertHistory(
      service.databaseUrl,
      Array.from({ length: 1_000 }, (_, index) => sync(index)),
    );
    for (const value of [1, 2]) {
      const properties = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`p${index}`, value]));
      await service.api('PUT', '/content-types/Wide', { key: 'Wide', properties });
    }
    await database.query(
      `select add_service_event(id, gen_random_uuid(), 'sync.recorded', json_build_object('text', repeat('x', 2000)))
       from unnest($1::uuid[]) id`,
      [Array.from({ length: 500 }, () => uuidv7())],
    );
  });

  afterAll(async () => {
    await database?.end();
    await service?.close();
  });

  const gauge = async (name: string) =>
    Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${service.url}/metrics`)).text())?.[1]);
  const busy = async () => {
    const { rows } = await database.query<{ busy: number }>(
      `select count(*)::integer as busy from pg_stat_activity
       where datname = current_database() and application_name = 'synctrail' and state <> 'idle'
         and query ~ '^(begin|copy|select count|select pg_)'`,
    );
    return rows[0]!.busy;
  };
  /** What is kept; nothing of it may grow with readers who are gone. */
  const kept = async () => ({
    streams: await gauge('synctrail_event_streams'),
    exports: await gauge('synctrail_exports'),
    statements: await busy(),
  });
  const connections = async (): Promise<number> => {
    const server: Server = service.app.getHttpServer();
    return promisify(server.getConnections.bind(server))();
  };
  const nothing = { streams: 0, exports: 0, statements: 0 };
  const isAllGivenBack = async () => JSON.stringify(await kept()) === JSON.stringify(nothing);

  it.each(Object.keys(STREAMED))(
    'of %s keep no slot, no connection and no handle',
    async (name) => {
      const before = { connections: await connections(), handles: handles() };
      const start = performance.now();
      const readers = /export|diff/.test(name) ? EXPORTERS : READERS;
      await comeAndGo(service.url, { readers, bytes: STREAMED[name]! });
      const took = Math.round(performance.now() - start);
      await until('all is given back', isAllGivenBack);
      // The gauges are read over a connection or two that stay.
      await until('connections are closed', async () => (await connections()) <= before.connections + 2);
      await until('handles are closed', () => handles() <= before.handles + 10);
      say(`${readers} readers of ${name} in ${took} ms: handles ${before.handles} → ${handles()}`);
      const next = await fetch(`${service.url}${EXPORT}?limit=1`);
      await next.body?.cancel();
      await until('a diff is given again', async () => {
        const diff = await fetch(`${service.url}${DIFF}`);
        return diff.status === 200 && (await diff.text()).split('\n').length === 5_001;
      });
      expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    },
    240_000,
  );

  describe('while the database makes them wait', () => {
    /** Holds what the look-up before the answer needs, until it is let go. */
    const held = async (table: string) => {
      const holder = new ProjectedClient({ connectionString: service.databaseUrl });
      holder.on('error', () => undefined);
      await holder.connect();
      await holder.query(`begin; lock table ${table} in access exclusive mode`);
      return () => holder.end();
    };
    const waiting = async () => {
      const { rows } = await database.query<{ waiting: number }>(
        `select count(*)::integer as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
           and query ~ '^\\s*select (count|[(]select epoch)'`,
      );
      return rows[0]!.waiting;
    };

    it('get no stream of events when it answers at last', async () => {
      const letGo = await held('event_position');
      const sockets = await Promise.all(Array.from({ length: 5 }, () => reader(service.url, wire(STREAM))));
      await until('they wait', async () => (await waiting()) >= 5);
      for (const socket of sockets) socket.resetAndDestroy();
      await until('they are gone', async () => (await connections()) <= 2);
      await letGo();
      await until('all is given back', isAllGivenBack);
    });

    it('leave no statement of an export behind, and no place taken', async () => {
      const letGo = await held('sync_history');
      const sockets = await Promise.all(Array.from({ length: 4 }, () => reader(service.url, wire({ path: EXPORT }))));
      await until('they wait', async () => (await waiting()) >= 4);
      for (const socket of sockets) socket.resetAndDestroy();
      await until('no statement waits', async () => (await waiting()) === 0, 5_000);
      await until('all is given back', isAllGivenBack);
      await letGo();
    });

    it('behind another stream on the same connection give their places back with it', async () => {
      const socket = await reader(service.url, wire(STREAM).repeat(3));
      await until('all are open', async () => (await gauge('synctrail_event_streams')) === 3);
      socket.resetAndDestroy();
      await until('all is given back', isAllGivenBack);
    });
  });
});

/** Open files and sockets of this process. */
function handles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

function sync(index: number) {
  const startedAt = new Date(Date.now() - 60_000 + index);
  return {
    ...{ id: idAt(startedAt), typeKey: 'Article', platform: 'optimizely', environment: 'default', direction: 'PUSH' },
    ...{ status: 'FAILED', trigger: 'API', actor: 'jane', errorCode: 'TIMEOUT', errorMessage: 'x'.repeat(5_000) },
    ...{ statusCode: 503, forced: false, durationMs: 3, startedAt },
  };
}
