import { v7 as uuidv7 } from 'uuid';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { arrivals, expectHonestBooks, findings, setFaults, sql } from '../support/fsck.ts';
import { inLength, say } from '../support/chaos.ts';
import type { Deployed } from '../support/load.ts';
import { type Cut, TcpProxy } from '../support/tcp-proxy.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const ROUNDS = inLength(10, 60);
const TIMEOUT = inLength(90_000, 900_000);

/** The statements whose commit is cut: each is known by a piece of its text. */
const POINTS: Record<string, Cut['statement']> = {
  start: 'turn_in as (',
  finish: /^with entry_in as/,
  projection: 'set projected = m.number',
  'claim of a key': 'insert into idempotency_key',
  'answer of a key': `set status = 'DONE'`,
};

let database: TestDatabase;
let toDatabase: TcpProxy;
let sandbox: Sandbox;
let toPlatform: TcpProxy;
let service: TestApp;
const acknowledged: Deployed[] = [];

beforeEach(async () => {
  acknowledged.length = 0;
  database = await createTestDatabase();
  toDatabase = await TcpProxy.start(database.url);
  sandbox = await startSandbox();
  toPlatform = await TcpProxy.start(sandbox.url);
  service = await startTestApp({
    DATABASE_URL: toDatabase.url(database.url),
    ...optimizelyAt(toPlatform.url(sandbox.url)),
    LEASE_MS: '2000',
    DATABASE_SILENCE_MS: '3000',
    CIRCUIT_FAILURES: '1000',
    RETRY_MAX_ATTEMPTS: '2',
    OPTIMIZELY_CMS_TIMEOUT_MS: '2000',
  });
});

afterEach(async () => {
  toDatabase.restore();
  toPlatform.restore();
  await service.close();
  await toDatabase.close();
  await toPlatform.close();
  await sandbox.close();
  await database.drop();
});

describe('the connection to the database', () => {
  it(
    'is cut at a commit, before or after it: nothing is lost, doubled or sent twice',
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [point, statement] = Object.entries(POINTS)[round % 5]!;
        const moment = Math.floor(round / 5) % 2 === 0 ? 'before' : 'after';
        const cut = toDatabase.cutAtCommit({ statement, moment });
        await Promise.all([deploy(`Cut${round}`), cut]);
        say(`cut ${moment} the ${point}`);
      }
      await expectHonestBooks(database.url, sandbox.url, acknowledged);
      expect(await statuses()).toEqual({ SUCCESS: ROUNDS });
      const keys = await sql<{ status: string; count: number }>(
        database.url,
        'select status, count(*)::integer from idempotency_key group by 1',
      );
      expect(keys).toEqual([{ status: 'DONE', count: ROUNDS }]);
    },
    TIMEOUT,
  );

  it(
    'goes dark for ever while calls are under way and others begin: all go on by another one',
    async () => {
      await deploy('Light');
      await setFaults(sandbox.url, {
        kind: 'slow',
        delayMs: 500,

        match: { method: 'POST', path: '/manifest' },
      });
      const underWay = deploy('UnderWay');
      await until('it has left', async () => (await arrivals(sandbox.url)).has('UnderWay'));
      toDatabase.strand();
      await Promise.all([underWay, deploy('Beginning'), recordOutside()]);
      await expectHonestBooks(database.url, sandbox.url, acknowledged);
      expect(await statuses()).toEqual({ SUCCESS: 4 });
    },
    TIMEOUT,
  );

  it(
    'is slow, and breaks off in the middle of an answer: the books are right',
    async () => {
      toDatabase.delay(20);
      toDatabase.resetAfter(5_000);
      toDatabase.cut();
      await Promise.all(Array.from({ length: 4 }, (_, index) => deploy(`Slow${index}`)));
      toDatabase.delay(0);
      toDatabase.resetAfter();
      await expectHonestBooks(database.url, sandbox.url, acknowledged);
      expect(await statuses()).toEqual({ SUCCESS: 4 });
    },
    TIMEOUT,
  );
});

describe('the connection to the platform', () => {
  it(
    'breaks off in every answer: the attempts are as many as allowed, and none is called a success unproven',
    async () => {
      await deploy('Whole');
      toPlatform.resetAfter(50);
      toPlatform.cut();
      await deploy('Half');
      toPlatform.resetAfter();
      const [half] = await sql<{ sync_status: string; error_code: string; retry_count: number }>(
        database.url,
        `select sync_status, error_code, retry_count from sync_history where type_key = 'Half'`,
      );
      expect(half).toEqual({ sync_status: 'FAILED', error_code: 'NETWORK_ERROR', retry_count: 1 });
      expect((await arrivals(sandbox.url)).get('Half')).toBe(2);
      expect(await findings(database.url)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'goes dark in the middle of a call: it ends by its deadline, and the next one succeeds',
    async () => {
      await deploy('Light');
      toPlatform.strand();
      await deploy('Dark');
      await expectHonestBooks(database.url, sandbox.url, acknowledged);
      const attempts = await sql<{ code: string }>(
        database.url,
        `select e.data->>'errorCode' as code from sync_event e join sync_history h on h.id = e.sync_id
         where h.type_key = 'Dark' and e.type = 'attempt.failed'`,
      );
      expect(attempts).toEqual([{ code: 'TIMEOUT' }]);
    },
    TIMEOUT,
  );
});

/** Deploys a content type of its own under a key, however often it takes, and waits until it is settled. */
async function deploy(typeKey: string): Promise<void> {
  const type = { key: typeKey, baseType: '_component', displayName: typeKey };
  await untilAnswered('PUT', `/content-types/${typeKey}?author=cut`, type);
  const request = { platform: 'optimizely', actor: 'cut', reason: typeKey, items: [{ typeKey }] };
  const { id: deploymentId } = await untilAnswered('POST', '/deployments', request, uuidv7());
  acknowledged.push({ deploymentId, typeKey, marker: typeKey });
  await until(
    `${typeKey} is settled`,
    async () => {
      const { completedAt } = await untilAnswered('GET', `/deployments/${deploymentId}`);
      return completedAt !== null;
    },
    60_000,
  );
}

async function recordOutside(): Promise<void> {
  const sync = { platform: 'shop', direction: 'PUSH', typeKey: 'Outside', actor: 'cut', result: { status: 'SUCCESS' } };
  await untilAnswered('POST', '/sync', sync, uuidv7());
}

/** The same request again until its answer is neither a 5xx nor "still being answered". */
async function untilAnswered(method: string, path: string, body?: object, key?: string) {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  return until(
    `${method} ${path} is answered`,
    async () => {
      const response = await fetch(`${service.url}/api/v1${path}`, init);
      const answer = (await response.json()) as {
        id: string;
        status: string | number;
        completedAt?: string | null;
        code?: string;
      };
      if (response.status >= 500 || answer.code === 'IDEMPOTENCY_KEY_BUSY') return false;
      if (!response.ok) throw new Error(`${method} ${path} was answered ${JSON.stringify(answer)}`);
      return answer;
    },
    60_000,
  );
}

async function statuses(): Promise<Record<string, number>> {
  const rows = await sql<{ status: string; count: number }>(
    database.url,
    `select sync_status as status, count(*)::integer from sync_history group by 1`,
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
