import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { begin, deploy, settled } from './support/deployments.ts';
import { type ServiceProcess, startServiceProcess } from './support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from './support/simulated-cms.ts';
import { connectSql } from './support/sql.ts';
import { apiAt, optimizelyAt } from './support/test-app.ts';
import { createTestDatabase, testServerUrl } from './support/test-database.ts';

const PATIENCE_MS = 180_000;

let dataDir: string;
let running: ServiceProcess[];
let cms: SimulatedCms;

beforeAll(async () => {
  cms = await startSimulatedCms();
});
afterAll(() => cms?.close());
beforeEach(async () => {
  running = [];
  dataDir = await mkdtemp(join(tmpdir(), 'synctrail-config-'));
  // Under root PostgreSQL runs as another user, who must get in.
  await chmod(dataDir, 0o755);
  await cms.reset();
});
afterEach(async () => {
  await Promise.all(running.map((service) => service.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

async function start(env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const service = await startServiceProcess({ ...optimizelyAt(cms.url), ...env });
  running.push(service);
  return service;
}

/** A start that comes to nothing: its exit code and all it said. */
async function failedStart(env: NodeJS.ProcessEnv): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['dist/src/main.js'], { env: { PATH: process.env.PATH, PORT: '0', ...env } });
  const [said, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, said: said + errors };
}

const page = (key: string) => ({ key, displayName: key, baseType: '_page', properties: {} });
const manifest = { contentTypes: ['One', 'Two', 'Three'].map(page) };

describe('a configuration that cannot be used', () => {
  it(
    'is told at once with every problem and its variable, but no secret, and nothing is started',
    async () => {
      const { code, said } = await failedStart({
        PORT: '70000',
        DATABASE_URL: 'mysql://root:hunter22@localhost/x',
        DATA_DIR: dataDir,
        LOG_LEVEL: 'loud',
        RETRY_MAX_ATTEMPTS: '0',
        RETRY_INITIAL_DELAY_MS: 'soon',
        SHUTDOWN_GRACE_MS: '-1',
        OPTIMIZELY_CMS_CLIENT_ID: 'id',
        OPTIMIZELY_CMS_API_URL: 'ftp://cms',
        OPTIMIZELY_CMS_TIMEOUT_MS: '1.5',
        OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'hunter23',
      });
      expect(code).toBe(1);
      const lines = said.split('\n');
      for (const problem of [
        /PORT .*70000/,
        /DATABASE_URL .*postgres:/,
        /LOG_LEVEL .*trace.*loud/,
        /RETRY_MAX_ATTEMPTS .*"0"/,
        /RETRY_INITIAL_DELAY_MS .*soon/,
        /SHUTDOWN_GRACE_MS .*-1/,
        /OPTIMIZELY_CMS_CLIENT_SECRET must be set/,
        /OPTIMIZELY_CMS_API_URL .*ftp:\/\/cms/,
        /OPTIMIZELY_CMS_TIMEOUT_MS .*1\.5/,
        /OPTIMIZELY_CMS_STAGING_CLIENT_ID must be set/,
      ]) {
        expect(lines).toContainEqual(expect.stringMatching(problem));
      }
      expect(said).not.toMatch(/hunter2|\n +at /);
      expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    },
    PATIENCE_MS,
  );

  it.each([
    ['where nobody answers', 'postgres://root:hunter22@127.0.0.1:1/x', /127\.0\.0\.1:1\/x.*ECONNREFUSED/],
    ['that does not take the password', '', /password authentication failed/],
  ])(
    'is told when it names a database %s',
    async (_name, wrong, message) => {
      const known = new URL(testServerUrl());
      known.password = 'hunter22';
      const { code, said } = await failedStart({ DATABASE_URL: wrong || known.href });
      expect(code).toBe(1);
      expect(said).toMatch(message);
      expect(said).toMatch(/correct DATABASE_URL/);
      expect(said).not.toMatch(/hunter22|\n +at /);
    },
    PATIENCE_MS,
  );
});

describe('a service that does not authenticate callers', () => {
  it.each(['0.0.0.0', '::', '10.0.0.1', 'synctrail.example.com'])('does not start at %s', async (HOST) => {
    const { code, said } = await failedStart({ HOST, DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(said).toMatch(/HOST must be a loopback address .*ACCESS=open/);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  });

  it('says who can use it, in the log and in its readiness', async () => {
    const database = await createTestDatabase();
    const atHome = await start({ DATABASE_URL: database.url, HOST: 'localhost' });
    const forAll = await start({ DATABASE_URL: database.url, HOST: '0.0.0.0', ACCESS: 'open' });
    for (const [service, words] of [
      [atHome, 'every user of this machine can use it'],
      [forAll, '(ACCESS=open): everybody who reaches 0.0.0.0 can use it'],
    ] as const) {
      expect(service.log.join('\n')).toContain(words);
      const at = service.url.replace('0.0.0.0', '127.0.0.1');
      expect(await (await fetch(`${at}/health/ready`)).json()).toMatchObject({ access: 'open' });
    }
    await Promise.all([atHome.stop(), forAll.stop()]);
    await database.drop();
  });

  it('takes no other word for its access', async () => {
    const { code, said } = await failedStart({ HOST: '0.0.0.0', ACCESS: 'yes', DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(said).toMatch(/ACCESS must be one of.*open.*"yes"/);
  });
});

describe('the embedded database', () => {
  it(
    'belongs to one service: a second one stops and names the first',
    async () => {
      const first = await start({ DATA_DIR: dataDir });
      const { code, said } = await failedStart({ DATA_DIR: dataDir });
      expect(code).toBe(1);
      expect(said).toContain(`PID ${first.pid}`);
      expect(said).toContain(dataDir);
      expect((await fetch(`${first.url}/health/ready`)).status).toBe(200);
    },
    PATIENCE_MS,
  );

  it(
    'survives a service that is killed; the next one finds the data',
    async () => {
      const first = await start({ DATA_DIR: dataDir });
      expect(await first.api('POST', '/content-types/import', manifest)).toMatchObject({ body: { created: 3 } });
      const deployment = await deploy(apiAt(first.url));
      await first.kill();
      const second = await start({ DATA_DIR: dataDir });
      expect(await second.api('POST', '/content-types/import', manifest)).toMatchObject({ body: { unchanged: 3 } });
      expect(await settled(apiAt(second.url), deployment.id)).toEqual(deployment);
    },
    PATIENCE_MS,
  );
});

describe('services that share a DATABASE_URL', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
  });
  afterEach(async () => {
    await Promise.all(running.map((service) => service.stop()));
    await database.drop();
  });

  it(
    'may start together on an empty database',
    async () => {
      const three = await Promise.all([1, 2, 3].map(() => start({ DATABASE_URL: database.url })));
      await three[0]!.api('PUT', '/content-types/One', page('One'));
      for (const service of three) {
        expect(await service.api('GET', '/content-types/One')).toMatchObject({ status: 200, body: { number: 1 } });
      }
    },
    PATIENCE_MS,
  );

  it(
    'lose nothing that was acknowledged when one is killed in the middle of a deployment',
    async () => {
      const first = await start({ DATABASE_URL: database.url });
      await first.api('POST', '/content-types/import', manifest);
      const done = await deploy(apiAt(first.url), { items: [{ typeKey: 'One' }] });
      await cms.reset();
      await cms.strike({ kind: 'slow', delayMs: 60_000, match: { path: '/manifest' } });
      const interrupted = await begin(apiAt(first.url), { reason: 'in the middle of it' });
      await cms.called(1);
      const acknowledged = await putUntilKilled(first);
      const second = await start({ DATABASE_URL: database.url, LEASE_MS: '500' });
      const api = apiAt(second.url);
      expect(await settled(api, done.id)).toEqual(done);
      for (const key of acknowledged) expect(await api('GET', `/content-types/${key}`)).toMatchObject({ status: 200 });
      expect(acknowledged.length).toBeGreaterThan(0);
      const { body } = await api('GET', `/deployments/${interrupted}`);
      expect(body).toMatchObject({ id: interrupted, reason: 'in the middle of it', progress: { total: 3 } });
      const syncs = (await api('GET', `/sync/history?deploymentId=${interrupted}`)).body as { items: object[] };
      expect(syncs.items).toHaveLength(3);
    },
    PATIENCE_MS,
  );

  it(
    'let a running call finish when they are told to stop, and record what came of it',
    async () => {
      const service = await start({ DATABASE_URL: database.url });
      await service.api('PUT', '/content-types/One', page('One'));
      await cms.strike({ kind: 'slow', delayMs: 1_000, match: { path: '/manifest' } });
      const id = await begin(apiAt(service.url));
      await cms.called(1);
      await service.stop();
      const sql = await connectSql(database.url);
      const syncs = await sql('select sync_status, status_code from sync_history where deployment_id = $1', [id]);
      expect(syncs).toEqual([{ sync_status: 'SUCCESS', status_code: 200 }]);
      expect(await sql('select status from deployment')).toEqual([{ status: 'SUCCESS' }]);
      await sql.close();
    },
    PATIENCE_MS,
  );

  it(
    'do not wait longer than they were told to',
    async () => {
      const service = await start({ DATABASE_URL: database.url, SHUTDOWN_GRACE_MS: '200' });
      await service.api('PUT', '/content-types/One', page('One'));
      await cms.strike({ kind: 'slow', delayMs: 100_000, match: { path: '/manifest' } });
      await begin(apiAt(service.url));
      await cms.called(1);
      await service.stop();
      expect(await cms.calls()).toMatchObject([{ status: null }]);
    },
    PATIENCE_MS,
  );
});

/** Puts content types one after the other until the service, killed meanwhile, answers no more. */
async function putUntilKilled(service: ServiceProcess): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let count = 1; ; count += 1) {
    const put = service.api('PUT', `/content-types/Put${count}`, page(`Put${count}`));
    if (count === 10) void service.kill();
    const status = await put.then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === undefined) break;
    expect(status).toBe(201);
    acknowledged.push(`Put${count}`);
  }
  await service.kill();
  return acknowledged;
}
