import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { writeFile } from 'node:fs/promises';
import { findings, sql, untilSettled } from '../support/fsck.ts';
import { say } from '../support/chaos.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const AT_ONCE = 50;
const MEGABYTE = 1_048_576;

/** 300 MB of blanks in some 300 KB. */
const bomb = () =>
  buffer(Readable.from(Array.from({ length: 300 }, () => Buffer.alloc(1_000_000, ' '))).pipe(createGzip({ level: 9 })));

/** What a platform may answer to a manifest, each with the code of the error that it becomes. */
const ANSWERS: Record<string, (response: ServerResponse, bomb: Buffer) => void> = {
  ANSWER_TOO_LARGE: (response, bomb) =>
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
  INVALID_ANSWER: (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${'x'.repeat(3 * MEGABYTE)}</html>`),
  REDIRECT_REFUSED: (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
  NETWORK_ERROR: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"outcomes":[]}');
    response.socket!.end();
  },
  TIMEOUT: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 100);
    response.once('close', () => clearInterval(drip));
  },
};

describe(`${AT_ONCE} hostile answers at once`, () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let platform: HostilePlatform;
  /** Pushes that failed; they are sent again beside each other, as deployments are not. */
  let failed: string[];

  beforeAll(async () => {
    platform = await startPlatform();
    database = await createTestDatabase();
    service = await startServiceProcess({
      ...optimizelyAt(platform.url),
      DATABASE_URL: database.url,
      RETRY_MAX_ATTEMPTS: '1',
      CIRCUIT_FAILURES: '1000',
      OPTIMIZELY_CMS_MAX_CONCURRENCY: String(AT_ONCE),
      OPTIMIZELY_CMS_TIMEOUT_MS: '12000',
    });
    const contentTypes = Array.from({ length: AT_ONCE + 1 }, (_, index) => {
      return { key: `Hostile${index}`, baseType: '_component', displayName: `Hostile${index}` };
    });
    await service.api('POST', '/content-types/import', { contentTypes });
    await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'h' });
    await untilSettled(database.url);
    failed = (await sql<{ id: string }>(database.url, 'select id from sync_history')).map(({ id }) => id);
    platform.becomeHostile();
  }, 60_000);

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    platform?.close();
  });

  it('are recorded for what they are, and take less than 200 MB', async () => {
    await replay(failed[0]!);
    await untilSettled(database.url, 60_000);
    // From here on the highest mark is counted anew.
    await writeFile(`/proc/${service.pid}/clear_refs`, '5');
    const { now: base } = await service.memory();
    await Promise.all(failed.slice(1).map(replay));
    await untilSettled(database.url, 60_000);
    const grown = (await service.memory()).highest - base;
    say(`${AT_ONCE} hostile answers at once: resident memory grew by ${Math.round(grown / MEGABYTE)} MB`);
    expect(grown).toBeLessThan(200 * MEGABYTE);
    const rows = await sql<{ error_code: string; count: number }>(
      database.url,
      `select error_code, count(*)::integer from sync_history
       where sync_status = 'FAILED' and trigger = 'REPLAY' and sync_direction = 'PUSH' group by 1`,
    );
    const {
      ANSWER_TOO_LARGE: tooLarge = 0,
      INVALID_ANSWER: invalid = 0,
      TIMEOUT: late = 0,
      ...others
    } = Object.fromEntries(rows.map(({ error_code, count }) => [error_code, count]));
    expect(others).toEqual({ REDIRECT_REFUSED: 10, NETWORK_ERROR: 10 });
    // Large answers are read one at a time: on a slow machine the last of them come too late.
    expect(tooLarge + invalid + late).toBe(31);
    expect(Math.min(tooLarge, invalid)).toBeGreaterThan(1);
    expect(await findings(database.url)).toEqual([]);
  }, 120_000);

  async function replay(id: string): Promise<void> {
    const { status } = await service.api('POST', `/sync/${id}/replay`, { actor: 'h', reason: 'Once more' });
    expect(status).toBe(202);
  }
});

interface HostilePlatform {
  url: string;
  becomeHostile: () => void;
  close: () => void;
}

/** Gives tokens, and refuses; when it is hostile, it answers the n-th manifest with the n-th kind of answer, round and round. */
async function startPlatform(): Promise<HostilePlatform> {
  const blanks = await bomb();
  const kinds = Object.values(ANSWERS);
  let count = 0;
  let isHostile = false;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    if (request.url!.endsWith('/oauth/token')) {
      const token = { access_token: 'token', expires_in: 3_600, token_type: 'Bearer' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
    } else if (request.method === 'GET' || !isHostile) {
      // A read-back learns nothing.
      ANSWERS.REDIRECT_REFUSED!(response, blanks);
    } else {
      // The first one stays alone, the others come in turn.
      kinds[count === 0 ? 0 : (count - 1) % kinds.length]!(response, blanks);
      count += 1;
    }
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    becomeHostile: () => {
      isHostile = true;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
