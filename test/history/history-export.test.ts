import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { CrlfLines } from '../../src/export/crlf-lines.ts';
import { runs } from '../support/properties.ts';
import { idAt, insertHistory, type RandomSync } from '../support/random-history.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { ProjectedClient } from '../support/sql.ts';

const NOW = Date.now();

/** What a spreadsheet takes for a formula is made text; everything else stays as it is. */
const harmless = (value: string) => (/^(?:[\s\u200b'"]*[=+@＝＋＠－-]|[\t\n\r])/u.test(value) ? `'${value}` : value);

/** Text as a platform may send it, with what CSV, JSON and spreadsheets take for something of their own. */
const foreignText = fc
  .array(
    fc.constantFrom(
      ...['a', 'é', '😀', '"', ',', ';', '\n', '\r', '\t', '=', '+', '-', '@', "'", '\\', '\u0001', '\u0002'],
      ...['＝', '＋', '－', '＠', ' ', '\u00a0', '\u3000', '\u200b'],
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((characters) => characters.join(''));

describe('an export', () => {
  let service: TestApp;
  let database: Client;
  beforeAll(async () => {
    service = await startTestApp();
    database = new ProjectedClient({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database?.end();
    await service?.close();
  });
  afterEach(() => database.query('delete from sync_history'));

  const path = '/api/v1/sync/history/export';
  const exported = async (query: string) => (await fetch(`${service.url}${path}?${query}`)).text();
  const copies = async () =>
    (
      await database.query(
        `select from pg_stat_activity where datname = current_database() and state = 'active' and query like 'copy%'`,
      )
    ).rowCount!;
  /** More than the buffers on the way hold, so that an export that nobody reads stays under way. */
  const insertMuch = () =>
    insertHistory(
      service.databaseUrl,
      Array.from({ length: 4000 }, () => ({ ...sample(), errorMessage: 'x'.repeat(5000) })),
    );
  const unread = async () => {
    const controller = new AbortController();
    const response = await fetch(`${service.url}${path}`, { signal: controller.signal });
    expect(response.status).toBe(200);
    await response.body!.getReader().read();
    return controller;
  };

  it('as CSV and as NDJSON is read back by others as what was recorded, whatever stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            typeKey: foreignText,
            actor: foreignText,
            errorMessage: fc.option(foreignText),
            ms: fc.nat(999),
          }),
          { minLength: 1, maxLength: 10 },
        ),
        async (foreign) => {
          const syncs = foreign.map(({ ms, ...fields }) => {
            const startedAt = new Date(NOW - 1000 + ms);
            return { ...sample(), ...fields, startedAt, id: idAt(startedAt) };
          });
          await insertHistory(service.databaseUrl, syncs);
          const newestFirst = syncs.toSorted((a, b) => (a.id < b.id ? 1 : -1));
          const time = ({ startedAt }: RandomSync) => startedAt.getTime();

          const rows = parse<Record<string, string>>(await exported('format=csv'), {
            columns: true,
            record_delimiter: '\r\n',
          });
          expect(rows.map(({ id, typeKey, actor, errorMessage }) => ({ id, typeKey, actor, errorMessage }))).toEqual(
            newestFirst.map((sync) => ({
              id: sync.id,
              typeKey: harmless(sync.typeKey),
              actor: harmless(sync.actor),
              errorMessage: harmless(sync.errorMessage ?? ''),
            })),
          );
          expect(rows.map(({ startedAt }) => Date.parse(startedAt!))).toEqual(newestFirst.map(time));

          const objects = (await exported('format=ndjson'))
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as RandomSync);
          expect(objects.map(({ id, typeKey, actor, errorMessage }) => ({ id, typeKey, actor, errorMessage }))).toEqual(
            newestFirst.map(({ id, typeKey, actor, errorMessage }) => ({ id, typeKey, actor, errorMessage })),
          );
          expect(objects.map(({ startedAt }) => Date.parse(String(startedAt)))).toEqual(newestFirst.map(time));
          await database.query('delete from sync_history');
        },
      ),
      { numRuns: runs(20) },
    );
  });

  it('has every member in every row, and times in UTC to the microsecond', async () => {
    await insertHistory(service.databaseUrl, [sample()]);
    await database.query(
      `update sync_history set started_at = '2026-03-29 03:30:00.123456+02', completed_at = started_at`,
    );
    const [row] = parse<Record<string, string>>(await exported('format=csv'), { columns: true });
    expect(row!.startedAt).toBe('2026-03-29T01:30:00.123456Z');
    const object = JSON.parse(await exported('format=ndjson')) as Record<string, unknown>;
    expect(object).toMatchObject({ startedAt: '2026-03-29T01:30:00.123456+00:00', metadata: null, forced: false });
    expect(Object.keys(object)).toEqual(Object.keys(row!));
  });

  it('is compressed only when that is asked for', async () => {
    await insertHistory(service.databaseUrl, [sample(), sample()]);
    const received = (encoding: string) =>
      new Promise<{ encoding: string | undefined; bytes: Buffer }>((resolve, reject) => {
        get(`${service.url}${path}?format=ndjson`, { headers: { 'accept-encoding': encoding } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
          );
        }).on('error', reject);
      });
    const compressed = await received('br, gzip');
    expect(compressed.encoding).toBe('gzip');
    expect(gunzipSync(compressed.bytes).toString().trim().split('\n')).toHaveLength(2);
    const plain = await received('gzip;q=0');
    expect(plain.encoding).toBeUndefined();
    expect(plain.bytes.toString().trim().split('\n')).toHaveLength(2);
  });

  it('says how many syncs it brings, and which time it covers', async () => {
    await insertHistory(service.databaseUrl, [sample(), sample()]);
    const { headers } = await fetch(`${service.url}${path}?startDate=2026-01-01T00:00:00Z`);
    expect(headers.get('x-synctrail-count')).toBe('2');
    expect(headers.get('x-synctrail-window')).toBe('2026-01-01T00:00:00.000Z/');
    const everything = await fetch(`${service.url}${path}?last=999999d`);
    expect([everything.status, everything.headers.get('x-synctrail-count')]).toEqual([200, '2']);
  });

  it('ends its query when the client leaves', async () => {
    await insertMuch();
    const reader = await unread();
    expect(await copies()).toBe(1);
    reader.abort();
    await until('the query has ended', async () => (await copies()) === 0);
    expect((await service.api('GET', '/sync/history/count')).status).toBe(200);
  });

  it('is refused with 429 while as many are under way as may be, and no longer', async () => {
    await insertMuch();
    const readers = await Promise.all(Array.from({ length: 4 }, unread));
    const { status, body } = await service.api('GET', '/sync/history/export');
    expect([status, body]).toMatchObject([429, { code: 'TOO_MANY_EXPORTS', limit: 4 }]);
    for (const reader of readers) reader.abort();
    await until('an export may begin', async () => {
      const response = await fetch(`${service.url}${path}?typeKey=missing`);
      await response.text();
      return response.status === 200;
    });
  });

  it('is cut for a reader that takes next to nothing, so that its connection is free again', async () => {
    await insertMuch();
    const impatient = await startTestApp({ DATABASE_URL: service.databaseUrl, EXPORT_STALL_MS: '500' });
    const dripping = get(`${impatient.url}${path}`);
    dripping.on('error', () => undefined);
    const [response] = (await once(dripping, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    const drip = setInterval(() => response.read(1_000), 50);
    expect(await copies()).toBe(1);
    await until('its query has ended', async () => (await copies()) === 0, 10_000);
    clearInterval(drip);
    response.destroy();
    await impatient.close();
  });

  it('that is under way is broken off when the service has waited for it long enough to stop', async () => {
    await insertMuch();
    const stopping = await startTestApp({ DATABASE_URL: service.databaseUrl, SHUTDOWN_GRACE_MS: '300' });
    const response = await fetch(`${stopping.url}${path}`);
    await response.body!.getReader().read();
    await stopping.close();
    expect(await copies()).toBe(0);
  });

  it('that loses its connection to the database breaks off, and the service goes on', async () => {
    await insertMuch();
    const response = await fetch(`${service.url}${path}`);
    const reader = response.body!.getReader();
    await reader.read();
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'copy%'`,
    );
    const drained = async () => {
      while (!(await reader.read()).done);
    };
    await expect(drained()).rejects.toThrow('terminated');
    expect((await service.api('GET', '/sync/history/count')).body).toMatchObject({ count: 4000 });
  });
});

describe('the lines of a CSV', () => {
  it('end with CRLF however they come in, and nothing within quotes is changed', async () => {
    const field = fc.array(fc.constantFrom('a', '\n', '\r', '"', ','), { maxLength: 5 }).map((all) => all.join(''));
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(field, { minLength: 1, maxLength: 3 })),
        fc.integer({ min: 1, max: 9 }),
        async (rows, size) => {
          const lines = rows.map((row) => row.map(quoted).join(','));
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.subarray(index * size, (index + 1) * size),
          );
          expect(await text(Readable.from(chunks).pipe(new CrlfLines()))).toBe(
            lines.map((line) => `${line}\r\n`).join(''),
          );
        },
      ),
    );
  });
});

let made = 0;
function sample(): RandomSync {
  made += 1;
  const startedAt = new Date(NOW - 60_000 + made);
  return {
    ...{ id: idAt(startedAt), typeKey: 'Article', platform: 'optimizely', environment: 'default', direction: 'PUSH' },
    ...{ status: 'FAILED', trigger: 'API', actor: 'jane', errorCode: 'TIMEOUT', errorMessage: 'slow', statusCode: 503 },
    ...{ forced: false, durationMs: 3, startedAt },
  };
}
