import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asyncProperty, check } from 'fast-check';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { DOCUMENT } from '../support/checked-answers.ts';
import { Fuzzer, type FuzzTarget, told } from '../support/fuzz/fuzzer.ts';
import { requestIn, shellLine } from '../support/fuzz/fuzz-request.ts';
import { rawFaults, rawRequest } from '../support/fuzz/raw-requests.ts';
import { changedTables, TableDigest } from '../support/fuzz/table-digest.ts';
import { type ApiDocument, routesOf } from '../support/hostile-requests.ts';
import { runs } from '../support/properties.ts';
import { answerIn, RawConnection } from '../support/raw-http.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** By `npm run test:fuzz`: 10,000 of another kind each time. */
const REQUESTS = runs(400);
const RAW_REQUESTS = runs(40);
const SEED = Number(process.env.SEED ?? (REQUESTS > 400 ? randomInt(2 ** 31) : 20_261_130));
/** Bytes of a body of which each length is tried. */
const MAX_SENT = 2 ** 20;
/** A deployment has ended before somebody can cancel it, and access is open. */
const WITHOUT_SUCCESS = ['POST /api/v1/deployments/{id}/cancel', 'POST /api/v1/session'];
const REQUEST = process.env.REQUEST === undefined ? undefined : requestIn(process.env.REQUEST);
const STAGING = { clientId: 'staging-client', clientSecret: 'staging-secret' };

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as ApiDocument;

let database: TestDatabase;
let sandbox: Sandbox;
let receiver: Server;
let service: ServiceProcess;
let tables: TableDigest;
let target: FuzzTarget;
let fuzzer: Fuzzer;

beforeAll(async () => {
  process.stderr.write(`SEED=${SEED}\n`);
  database = await createTestDatabase();
  sandbox = await startSandbox({ tenants: [STAGING] });
  receiver = createServer((request, response) => void request.resume().on('end', () => response.writeHead(204).end()));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  service = await startServiceProcess({
    ...{ DATABASE_URL: database.url, RETRY_INITIAL_DELAY_MS: '1', RETRY_MAX_DELAY_MS: '5' },
    ...{ REPORT_CRON_HOURLY: 'off', REPORT_CRON_DAILY: 'off' },
    ...optimizelyAt(sandbox.url),
    APPROVAL_TARGETS: 'optimizely/staging',
    OPTIMIZELY_CMS_STAGING_CLIENT_ID: STAGING.clientId,
    OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: STAGING.clientSecret,
    OPTIMIZELY_CMS_STAGING_API_URL: sandbox.url,
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    ALERT_ALLOW_PRIVATE: 'true',
  });
  tables = await TableDigest.of(database.url);
  target = { url: service.url, tables };
  fuzzer = new Fuzzer(document, target);
  await tellStory();
}, 60_000);
afterAll(async () => {
  fuzzer?.close();
  await tables?.close();
  await service?.stop();
  receiver?.close();
  await sandbox?.close();
  await database?.drop();
});

const ARTICLE = { key: 'Article', displayName: 'Article', baseType: '_page', properties: {} };
const SYNC = { platform: 'contentful', direction: 'PUSH', typeKey: 'Article', actor: 'jane@example.com' };
const ERROR = { code: 'RATE_LIMITED', message: 'The platform takes 10 requests a minute.' };

/** So that each operation succeeds: something to roll back, to approve, to refuse and to link, and a failure to mute. */
const STORY: [operation: string, path: string, body?: object][] = [
  ['PUT /api/v1/content-types/{typeKey}', '/content-types/Article', ARTICLE],
  ['POST /api/v1/deployments', '/deployments', { platform: 'optimizely', actor: 'jane@example.com' }],
  ['PUT /api/v1/content-types/{typeKey}', '/content-types/Article', { ...ARTICLE, displayName: 'Essay' }],
  ['POST /api/v1/deployments', '/deployments', { platform: 'optimizely', actor: 'jane@example.com' }],
  ['POST /api/v1/plans', '/plans', { platform: 'optimizely', environment: 'staging', actor: 'jane@example.com' }],
  ['POST /api/v1/sync', '/sync', { ...SYNC, platform: 'optimizely' }],
  ['PATCH /api/v1/sync/{syncId}/version', '/sync/@@sync:0@@/version', { versionHash: '@@hashes:0@@' }],
  ['POST /api/v1/sync', '/sync', { ...SYNC, data: {}, result: { status: 'FAILED', error: ERROR } }],
  ['GET /api/v1/sync/history', '/sync/history?status=FAILED'],
];

async function tellStory(): Promise<void> {
  for (const [operation, path, body] of STORY) {
    const headers: [string, string][] = body ? [['content-type', 'application/json']] : [];
    const request = { operation, method: operation.split(' ')[0]!, path: `/api/v1${path}`, headers };
    expect(await fuzzer.faultsOf({ ...request, ...(body && { body: JSON.stringify(body) }) })).toEqual([]);
  }
  expect(fuzzer.withoutSuccess(STORY.map(([operation]) => operation))).toEqual([]);
}

/** The request of `REQUEST` only, or all. */
async function fuzzed(): Promise<{ faults: string[]; neverSucceeded: string[] }> {
  if (REQUEST === undefined) {
    const report = await fuzzer.run(REQUESTS, SEED);
    process.stderr.write(`${report.requests} requests\n`);
    // A few requests for each operation need not have met one that succeeds.
    const isTold = (operation: string): boolean => REQUESTS > 400 || WITHOUT_SUCCESS.includes(operation);
    return { faults: told(report), neverSucceeded: report.neverSucceeded.filter(isTold) };
  }
  if ('raw' in REQUEST) return { faults: [], neverSucceeded: WITHOUT_SUCCESS };
  await fuzzer.run(0, SEED);
  return { faults: await fuzzer.faultsOf(REQUEST), neverSucceeded: WITHOUT_SUCCESS };
}

async function rawFuzzed(): Promise<string[]> {
  if (REQUEST !== undefined) return 'raw' in REQUEST ? rawFaults(service.url, REQUEST) : [];
  let smallest: string[] = [];
  const property = asyncProperty(rawRequest, async (request) => {
    const faults = await rawFaults(service.url, request);
    if (faults.length === 0) return;
    smallest = [`${faults.join('; ')}\n${shellLine(request)}`];
    throw new Error(smallest[0]);
  });
  await check(property, { seed: SEED, numRuns: RAW_REQUESTS });
  return smallest;
}

describe('whatever is sent to the service', () => {
  it(
    'is answered as its document says, soon, by no fault of ours, and changes nothing when it is refused',
    async () => {
      expect({ ...(await fuzzed()), log: faultsIn(service.log) }).toEqual({
        faults: [],
        neverSucceeded: WITHOUT_SUCCESS,
        log: [],
      });
    },
    runs(60_000),
  );

  it('is a 413 from the first byte on that is over the limit of its address, and not before', async () => {
    const wrong: unknown[] = [];
    for (const { method, path, operation } of routesOf(document)) {
      if (!operation.requestBody) continue;
      const address = path.replaceAll(/\{[^}]+\}/g, 'a');
      const head = `${method} ${address} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`;
      const connection = RawConnection.to(service.url);
      connection.write(`${head}Content-Length: 1000000000\r\n\r\n`);
      const { limit } = JSON.parse(answerIn(await connection.said(/\}$/)).body) as { limit: number };
      connection.destroy();
      if (limit > MAX_SENT) continue;
      for (const length of [limit - 1, limit, limit + 1]) {
        const { status } = await fetch(service.url + address, {
          ...{ method, headers: { 'content-type': 'application/json' }, body: '[]'.padEnd(length) },
        });
        if ((status === 413) !== length > limit) wrong.push([method, path, length, status]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it(
    'is answered by a problem, or not at all, where it is no HTTP, and changes nothing',
    async () => {
      const before = await tables.quiet();
      expect(await rawFuzzed()).toEqual([]);
      expect(changedTables(before, await tables.quiet())).toEqual([]);
      expect(service.hasEnded).toBe(false);
    },
    runs(30_000),
  );
});

/** A bug of ours is logged even where its answer looks right. */
function faultsIn(log: string[]): string[] {
  return log.filter((line) => /internal error|unhandled/i.test(line));
}
