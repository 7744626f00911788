import type { Server } from 'node:http';
import { serverLimits } from '../../src/http/http-server.ts';
import { startSandbox, type Sandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { ServiceConfig } from '../../src/service.config.ts';
import { changedTables, TableDigest } from '../support/fuzz/table-digest.ts';
import { BODY_LIMITS } from '../support/limits/body-limits.ts';
import { documentedLimits, type LimitRow } from '../support/limits/limits-page.ts';
import { many, type Probe, type Probed, type Probing, send, sendRaw } from '../support/limits/probe.ts';
import { REQUEST_LIMITS } from '../support/limits/request-limits.ts';
import { REQUEST_MS, TIME_LIMITS } from '../support/limits/time-limits.ts';
import { answerIn, RawConnection } from '../support/raw-http.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const PROBES = { ...REQUEST_LIMITS, ...BODY_LIMITS, ...TIME_LIMITS };
const CONFIG = new ServiceConfig();
const SERVER = serverLimits();
/** What the page says where another test shows that it holds, and what the code says. */
const FACTS: Record<string, number[]> = {
  'time for the headers of a request': [SERVER.headersMs],
  'time for a request with its body': [SERVER.requestMs, CONFIG.REQUEST_TIMEOUT_MS],
  'connection without a request': [SERVER.keepAliveMs],
  connections: [SERVER.connections],
  'a reader that takes nothing': [CONFIG.EXPORT_STALL_MS],
  'statements of the database': [],
};

const rows = documentedLimits();
let probing: Probing;
let sandbox: Sandbox;
let tables: TableDigest;

beforeAll(async () => {
  sandbox = await startSandbox();
  const service = await startTestApp({ ...optimizelyAt(sandbox.url), REQUEST_TIMEOUT_MS: `${REQUEST_MS}` });
  probing = { service, sql: await connectSql(service.databaseUrl) };
  tables = await TableDigest.of(service.databaseUrl);
  const contentTypes = many(1_001, (index) => ({
    ...{ key: `Type${index}`, displayName: 'T', baseType: '_page', properties: {} },
  }));
  expect((await service.api('POST', '/content-types/import', { contentTypes })).status).toBe(201);
}, 60_000);
afterAll(async () => {
  await tables?.close();
  await probing?.sql.close();
  await probing?.service.close();
  await sandbox?.close();
});

/** How an answer differs from what the row of the page says; empty where it does not. */
function differences({ status, contentType, body }: Probed, isOver: boolean, row: LimitRow, probe: Probe): string[] {
  const { refusal } = row;
  const [code, ofField] = refusal!.codes;
  const isRefused = status === refusal!.status && refusal!.codes.includes(body.code ?? '');
  const isOfField = ofField === undefined || refusal!.codes.length > 1;
  const hasField = body.errors?.some((error) => error.code === ofField) ?? false;
  if (!isOver) {
    const isAccepted = probe.accepted === undefined ? [200, 201, 202].includes(status) : status === probe.accepted;
    const isOtherwise = !isRefused || (isOfField && ofField !== undefined && !hasField);
    return isAccepted && isOtherwise ? [] : [`not accepted: ${status} ${JSON.stringify(body).slice(0, 300)}`];
  }
  return [
    ...(isRefused
      ? []
      : [`not refused by ${refusal!.status} ${code}: ${status} ${JSON.stringify(body).slice(0, 300)}`]),
    ...(contentType.startsWith('application/problem+json') ? [] : [`no problem document: ${contentType}`]),
    ...(code !== 'INVALID_REQUEST' || hasField ? [] : [`no field with ${ofField}: ${JSON.stringify(body.errors)}`]),
  ];
}

describe('the page of limits', () => {
  it('names no limit without a test', () => {
    const names = rows.map(({ name }) => name).toSorted();
    expect([...new Set([...Object.keys(PROBES), ...Object.keys(FACTS)])].toSorted()).toEqual(names);
    expect(rows.length).toBeGreaterThan(25);
  });

  it.each(Object.entries(FACTS))('has the number of the code: %s', (name, numbers) => {
    expect(new Set(numbers)).toEqual(
      new Set(rows.find((row) => row.name === name)!.numbers.slice(0, numbers.length ? 1 : 0)),
    );
  });
});

describe('a limit lets through one less and itself, and refuses one more, and then changes nothing', () => {
  it.each(rows.filter(({ name }) => PROBES[name]).map((row): [string, LimitRow] => [row.name, row]))(
    '%s',
    async (name, row) => {
      const found: string[] = [];
      for (const probe of PROBES[name]!(row.numbers, probing)) {
        const [accepted, refused] = probe.counts ?? [[probe.limit - 1, probe.limit], probe.limit + 1];
        for (const count of accepted) {
          const faults = differences(await probe.send(count), false, row, probe);
          found.push(...faults.map((fault) => `${probe.what} ${count}: ${fault}`));
        }
        const before = await tables.quiet();
        const faults = differences(await probe.send(refused), true, row, probe);
        if (!probe.prepares)
          faults.push(...changedTables(before, await tables.now()).map((table) => `it wrote to ${table}`));
        found.push(...faults.map((fault) => `${probe.what} ${refused}: ${fault}`));
      }
      expect(found).toEqual([]);
    },
    60_000,
  );
});

describe('the limit of connections', () => {
  it('closes those beyond it, and takes others when one has ended', async () => {
    const server: Server = probing.service.app.getHttpServer();
    const most = server.maxConnections;
    expect(most).toBe(SERVER.connections);
    const open = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    server.maxConnections = open + 2;
    const ask = () => {
      const connection = RawConnection.to(probing.service.url);
      connection.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return connection;
    };
    const [first, second] = [ask(), ask()];
    for (const one of [first, second]) expect(answerIn(await one.said(/\r\n\r\n/)).status).toBe(200);
    expect(await ask().closed()).toBe('');
    first.destroy();
    await until('another is taken', async () => {
      const next = ask();
      const said = await Promise.race([next.said(/ 200 /), next.closed()]).catch(() => '');
      next.destroy();
      return said !== '';
    });
    second.destroy();
    server.maxConnections = most;
  });
});

describe('the length that a body has', () => {
  const post = (length: number, body: string) =>
    'POST /api/v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${length}\r\n\r\n${body}`;
  const sync = JSON.stringify({ platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a' });

  it('is the announced one: what comes after it is another request', async () => {
    const connection = RawConnection.to(probing.service.url);
    connection.write(post(sync.length, `${sync}${'x'.repeat(300_000)}`));
    expect((await connection.closed()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 400']);
  });

  it('is not less than the announced one', async () => {
    const { status, body } = await sendRaw(probing, post(sync.length + 1, sync));
    expect([status, body.code]).toEqual([408, 'REQUEST_TIMEOUT']);
  });
});

describe('the headers of a request', () => {
  it('are all read, however many there are', async () => {
    const sync = { platform: 'p', direction: 'PUSH', typeKey: 'Once', actor: 'a' };
    const headers = Object.fromEntries(many(2_300, (index) => [`h${index.toString(36)}`, '']));
    const ids = [];
    for (let time = 0; time < 2; time += 1) {
      const { body } = await send(probing, 'POST', '/sync', sync, {
        ...headers,
        'z-last': '1',
        'idempotency-key': 'last',
      });
      ids.push(body.id);
    }
    expect(ids[0]).toBeTruthy();
    expect(ids[1]).toBe(ids[0]);
  });
});
