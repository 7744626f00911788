import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SNAPSHOTS_BODY } from '#request-body';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const MEBIBYTE = 1024 * 1024;
const AT_ONCE = 20;
/**
 * Of the bytes that all bodies together may hold, 80 MiB, each is there at most six times: as it came, put together, as a
 * text, as canonical JSON, compressed, and on its way to the database; what is no longer used is freed a little later.
 */
const MAX_GROWTH = 6 * 80 * MEBIBYTE;
const MAX_LIVE_MS = 2_000;

/** Asks again and again, in a thread that sends nothing else; tells the milliseconds of the slowest answer, or -1. */
const PROBE = `
  const { parentPort, workerData } = require('node:worker_threads');
  let slowest = 0;
  const { url, isOver } = workerData;
  void (async () => {
    parentPort.postMessage('ready');
    while (Atomics.load(isOver, 0) === 0) {
      const asked = performance.now();
      const { status } = await fetch(url);
      slowest = status === 200 && slowest >= 0 ? Math.max(slowest, performance.now() - asked) : -1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    parentPort.postMessage(slowest);
  })();
`;

let database: TestDatabase;
let service: ServiceProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startServiceProcess({ DATABASE_URL: database.url });
}, 30_000);
afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

/** Four syncs with content, in exactly as many bytes as a body may have. */
function largestBody(): Uint8Array<ArrayBuffer> {
  const sync = (text: string) => ({ platform: 'p', direction: 'PUSH', typeKey: 'Large', actor: 'a', data: { text } });
  const bodyOf = (...lengths: number[]) => JSON.stringify({ syncs: lengths.map((length) => sync('x'.repeat(length))) });
  const each = 8_000_000;
  const rest = SNAPSHOTS_BODY.bytes - bodyOf(each, each, each, 0).length;
  return new Uint8Array(Buffer.from(bodyOf(each, each, each, rest)));
}

async function post(body: Uint8Array<ArrayBuffer>): Promise<[status: number, contentType: string]> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${service.url}/api/v1/sync/batch`, { method: 'POST', headers, body });
  await answer.text();
  return [answer.status, answer.headers.get('content-type') ?? ''];
}

describe('the largest bodies, twenty at once', () => {
  it('take bounded memory, are taken or refused, and keep nobody waiting', async () => {
    const { now: before } = await service.memory();
    const body = largestBody();
    expect(await post(body)).toEqual([201, expect.stringContaining('application/json')]);
    const isOver = new Int32Array(new SharedArrayBuffer(4));
    const probe = new Worker(PROBE, { eval: true, workerData: { url: `${service.url}/health/live`, isOver } });
    await once(probe, 'message');
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => post(body)));
    Atomics.store(isOver, 0, 1);
    const [slowest] = (await once(probe, 'message')) as [number];
    for (const [status, contentType] of answers) {
      expect([201, 429, 503]).toContain(status);
      expect(contentType).toContain(status === 201 ? 'application/json' : 'application/problem+json');
    }
    expect(answers.some(([status]) => status === 201)).toBe(true);
    expect(answers.some(([status]) => status === 503)).toBe(true);
    expect(slowest).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(MAX_LIVE_MS);
    const { highest } = await service.memory();
    expect(highest - before).toBeLessThan(MAX_GROWTH);
    // What was held is given back.
    expect(await post(body)).toEqual([201, expect.anything()]);
  }, 60_000);
});
