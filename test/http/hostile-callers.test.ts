import { readFileSync } from 'node:fs';
import { sample } from 'fast-check';
import { DOCUMENT } from '../support/checked-answers.ts';
import {
  type ApiDocument,
  type HostileRequest,
  hostileRequests,
  type Route,
  routesOf,
  worstRequests,
} from '../support/hostile-requests.ts';
import { runs } from '../support/properties.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const MAX_CPU_MS = 2_000;
const MAX_ANSWER = 1_000_000;
const MAX_LIVE_MS = 1_000;
/** Requests to a route that takes a body, and to one that takes none. */
const [MAX_BODIES, MAX_QUERIES] = [20, 10];
const MAX_GROWTH = 100 * 1024 * 1024;
/** The platform is not there, or its circuit is open. */
const AWAY = new Set([502, 503]);
/** What is no longer used stays in the process until something else needs the place. */
const COLLECT_ON_SIGNAL = encodeURIComponent(`process.on('SIGWINCH', () => globalThis.gc())`);
const SEED = Number(process.env.SEED ?? 20_261_129);

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as ApiDocument;
const routes = routesOf(document).map((route): [string, Route] => [`${route.method} ${route.path}`, route]);

let database: TestDatabase;
let service: ServiceProcess;
let memoryBefore: number;
let known: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startServiceProcess({
    ...{ DATABASE_URL: database.url, RETRY_INITIAL_DELAY_MS: '1', RETRY_MAX_DELAY_MS: '5' },
    ...optimizelyAt('http://127.0.0.1:9'),
    NODE_OPTIONS: `--expose-gc --import=data:text/javascript,${COLLECT_ON_SIGNAL}`,
  });
  await someHistory();
  for (const [, { method, path }] of routes)
    if (method === 'GET' && !path.includes('{')) await ask({ what: path, method, path });
  memoryBefore = (await service.memory()).now;
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

async function someHistory(): Promise<void> {
  const contentTypes = Array.from({ length: 20 }, (_, index) => ({
    key: `Type${index}`,
    properties: { a: { index } },
  }));
  expect((await service.api('POST', '/content-types/import', { contentTypes })).status).toBe(201);
  expect((await service.api('PUT', '/content-types/Article', { key: 'Article' })).status).toBe(201);
  const syncs = Array.from({ length: 500 }, (_, index) => ({
    ...{ platform: `p${index % 3}`, direction: 'PUSH', typeKey: `Type${index % 20}`, actor: 'a', data: { index } },
    result:
      index % 4
        ? { status: 'SUCCESS', durationMs: index }
        : { status: 'FAILED', error: { code: 'E', message: `e ${index}` } },
  }));
  const recorded = await service.api<{ ids: string[] }>('POST', '/sync/batch', { syncs });
  expect(recorded.status).toBe(201);
  known = { syncId: recorded.body.ids[1]!, typeKey: 'Article', platform: 'optimizely', id: recorded.body.ids[1]! };
}

interface Answered {
  status: number;
  contentType: string;
  size: number;
}

async function ask({ method, path, body }: HostileRequest): Promise<Answered> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    signal: AbortSignal.timeout(60_000),
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });
  const { byteLength: size } = await response.arrayBuffer();
  return { status: response.status, contentType: response.headers.get('content-type') ?? '', size };
}

/** On a busy machine others' work is in the time: what blocks the process takes as much of its CPU. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const [cpu, start] = [await service.cpuMs(), performance.now()];
  await work();
  return Math.min(performance.now() - start, (await service.cpuMs()) - cpu);
}

/** What a request did that it may not; nothing when it was harmless. */
async function faultsOf(request: HostileRequest): Promise<string[]> {
  const cpu = await service.cpuMs();
  let isOver = false;
  const asked = ask(request)
    .catch((error: Error) => error)
    .finally(() => (isOver = true));
  let slowestLive = 0;
  do {
    slowestLive = Math.max(
      slowestLive,
      await timed(async () => (await fetch(`${service.url}/health/live`)).arrayBuffer()),
    );
  } while (!isOver);
  const answer = await asked;
  if (answer instanceof Error) return [`${request.what}: ${answer.message}`];
  const { status, contentType, size } = answer;
  const used = (await service.cpuMs()) - cpu;
  return [
    ...(status >= 500 && !AWAY.has(status) ? [`it answered ${status}`] : []),
    ...(status >= 400 && !contentType.startsWith('application/problem+json') ? [`its error is ${contentType}`] : []),
    ...(used > MAX_CPU_MS ? [`it took ${used} ms of CPU`] : []),
    ...(size > MAX_ANSWER ? [`it answered ${size} bytes`] : []),
    ...(slowestLive > MAX_LIVE_MS ? [`/health/live took ${Math.round(slowestLive)} ms`] : []),
  ].map((fault) => `${request.what}: ${fault}`);
}

describe('a hostile caller stops nobody', () => {
  it.each(routes)(
    '%s',
    async (_name, route) => {
      const requests = sample(hostileRequests(document, route, known), {
        seed: SEED,
        numRuns: runs(route.operation.requestBody ? MAX_BODIES : MAX_QUERIES),
      });
      const worst = worstRequests(document, route, known);
      const faults: string[] = [];
      for (const request of [...worst, ...requests]) faults.push(...(await faultsOf(request)));
      expect(faults).toEqual([]);
    },
    runs(60_000),
  );

  it('and memory comes back', async () => {
    const end = Date.now() + 20_000;
    let grown = Infinity;
    while (grown > MAX_GROWTH && Date.now() < end) {
      process.kill(service.pid, 'SIGWINCH');
      for (let asked = 0; asked < 20; asked += 1) await service.api('GET', '/sync/history?limit=100');
      grown = (await service.memory()).now - memoryBefore;
    }
    expect(grown).toBeLessThan(MAX_GROWTH);
    expect(service.hasEnded).toBe(false);
  }, 60_000);
});
