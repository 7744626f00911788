import { Client } from 'pg';
import { v7 as uuidv7, validate, version } from 'uuid';
import type { Finding } from '#database';
import { DeploymentService } from '#deployment';
import { RequestIds } from '#idempotency';
import { canonicalDigest } from '#json';
import { fsck } from '../../src/fsck.ts';
import { type Claim, IdempotencyService } from '../../src/idempotency/idempotency.service.ts';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { ProjectedClient } from '../support/sql.ts';

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: { id: string; code: string; status: string; ids: string[] };
}

async function send(url: string, method: string, path: string, body: unknown, key?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  const response = await fetch(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Answer['body'] };
}

/** The same request until it is answered; 409 says that the first is still being answered. */
async function sendUntilAnswered(...request: Parameters<typeof send>): Promise<Answer> {
  for (;;) {
    const answer = await send(...request);
    if (answer.body.code !== 'IDEMPOTENCY_KEY_BUSY') return answer;
  }
}

const aSync = (given: object = {}) => ({
  ...{ platform: 'contentful', direction: 'PUSH', typeKey: 'Article', actor: 'jane' },
  ...given,
});

const count = async (database: Client, table: string) =>
  Number((await database.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]!.count);

describe('a request with an Idempotency-Key', () => {
  let store: TestDatabase;
  let service: TestApp;
  let database: Client;

  beforeAll(async () => {
    store = await createTestDatabase();
    database = new ProjectedClient({ connectionString: store.url });
    await database.connect();
    // A fault of ours, until the sequence has been asked.
    await database.query(
      `create sequence faults;
       grant usage, select on sequence faults to public;
       create function fault() returns trigger language plpgsql as $$
       begin if not (select is_called from faults) then raise exception 'fault'; end if; return new; end $$;
       create trigger fault before insert on sync_journal
         for each row when (new.steps like '%Faulty%') execute function fault()`,
    );
    service = await startTestApp({ DATABASE_URL: store.url });
  });
  afterAll(async () => {
    await service?.close();
    await database?.end();
    await store?.drop();
  });

  const post = (body: unknown, key?: string) => send(service.url, 'POST', '/sync', body, key);
  const kept = async (key: string) =>
    (await database.query<Record<string, unknown>>(`select * from idempotency_key where key = $1`, [key])).rows;

  it('gets the first answer again: status, body and Location', async () => {
    const key = uuidv7();
    const first = await post(aSync({ data: { a: 1, b: 2 } }), key);
    const again = await post(aSync({ data: { b: 2, a: 1 } }), key);
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(again.headers.get('location')).toBe(`/api/v1/sync/${first.body.id}`);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('is recorded once when it is sent 20 times at once', async () => {
    const before = await count(database, 'sync_history');
    const key = uuidv7();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(aSync(), key)));
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    for (const { status, headers, body } of answers.filter(({ status }) => status !== 201)) {
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'IDEMPOTENCY_KEY_BUSY' });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await count(database, 'sync_history')).toBe(before + 1);
    expect((await post(aSync(), key)).body.id).toBe([...ids][0]);
  });

  it('is refused with 422 when the key was sent with something else', async () => {
    const key = uuidv7();
    const { id } = (await post(aSync(), key)).body;
    expect(await post(aSync({ typeKey: 'Other' }), key)).toMatchObject({
      ...{ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } },
    });
    const result = { status: 'SUCCESS' };
    expect((await send(service.url, 'PATCH', `/sync/${id}/status`, result, key)).status).toBe(200);
    const other = (await post(aSync())).body.id;
    expect((await send(service.url, 'PATCH', `/sync/${other}/status`, result, key)).status).toBe(422);
  });

  it.each([['a b'], [''], ['ä'], ['x'.repeat(256)]])('is refused with 400 when the key is "%s"', async (key) => {
    expect(await post(aSync(), key)).toMatchObject({ status: 400, body: { code: 'INVALID_IDEMPOTENCY_KEY' } });
  });

  it.each<[string, number, string, string, unknown, unknown]>([
    ['a body without its members', 400, 'POST', '/sync', {}, aSync()],
    ['one wrong item of many', 400, 'POST', '/sync/batch', { syncs: [aSync(), {}] }, { syncs: [aSync()] }],
    ['no JSON object', 400, 'POST', '/sync', [], aSync()],
    ['a platform that there is not', 404, 'POST', '/deployments', { platform: 'x', actor: 'j' }, undefined],
    ['a sync that there is not', 404, 'PATCH', `/sync/${uuidv7()}/status`, { status: 'SUCCESS' }, undefined],
    ['a version of no sync', 404, 'PATCH', `/sync/${uuidv7()}/version`, { versionHash: 'v1' }, undefined],
    [
      'a deployment that there is not',
      404,
      'POST',
      `/deployments/${uuidv7()}/rollback`,
      { actor: 'j', reason: 'r' },
      undefined,
    ],
    ['a filter of everything', 400, 'POST', '/sync/replay', { actor: 'j', reason: 'r', filter: {} }, undefined],
  ])(
    'leaves no key when it is refused for %s, and may be mended',
    async (_name, status, method, path, wrong, mended) => {
      const key = uuidv7();
      for (let time = 1; time <= 2; time += 1) {
        expect(await send(service.url, method, path, wrong, key)).toMatchObject({ status });
        expect(await kept(key)).toEqual([]);
      }
      if (mended === undefined) return;
      const answer = await send(service.url, method, path, mended, key);
      expect(answer.status).toBe(201);
      expect(await send(service.url, method, path, mended, key)).toMatchObject({ status: 201, text: answer.text });
      expect(await kept(key)).toMatchObject([{ status: 'DONE' }]);
    },
  );

  it('leaves no key when 20 of the same are refused at once', async () => {
    const key = uuidv7();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post({}, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set(answers.map(({ status }) => (status === 409 ? 409 : 400))),
    );
    expect(await kept(key)).toEqual([]);
  });

  it('takes over the key of a process that died over a request that was to be refused', async () => {
    const key = uuidv7();
    const digest = canonicalDigest({ url: '/api/v1/sync', body: {} });
    await database.query(
      `insert into idempotency_key (scope, key, request_digest, seed, holder, locked_until)
       values ('POST sync//', $1, $2, $3, $3, now())`,
      [key, digest, uuidv7()],
    );
    expect((await post({}, key)).status).toBe(400);
    expect((await post(aSync(), key)).status).toBe(201);
  });

  it('keeps its ids when it failed by a fault of ours', async () => {
    const key = uuidv7();
    await database.query('alter sequence faults restart');
    expect((await post(aSync({ typeKey: 'Faulty' }), key)).status).toBe(500);
    const [{ seed }] = (await kept(key)) as [{ seed: string }];
    expect(await post(aSync({ typeKey: 'Other' }), key)).toMatchObject({ status: 422 });
    await database.query(`select nextval('faults')`);
    const { status, body } = await post(aSync({ typeKey: 'Faulty' }), key);
    expect([status, body.id]).toEqual([201, new RequestIds(seed).ofSync(0).id]);
  });

  it('leaves no key when it was but a question', async () => {
    const key = uuidv7();
    const replay = { actor: 'j', reason: 'r', filter: { typeKey: 'Nothing' }, dryRun: true };
    expect((await send(service.url, 'POST', '/sync/replay', replay, key)).status).toBe(200);
    expect(await kept(key)).toEqual([]);
  });

  it('is answered as the first time when it said that a sync is still under way', async () => {
    const { id } = (await post(aSync())).body;
    const key = uuidv7();
    const extend = () =>
      send(service.url, 'PATCH', `/sync/${id}/status`, { status: 'IN_PROGRESS', expiresInMs: 60_000 }, key);
    const first = await extend();
    expect(first.status).toBe(200);
    expect(await extend()).toMatchObject({ status: 200, text: first.text });
  });

  it('is done once for an answer that is too large to keep', async () => {
    const keys = service.app.get(IdempotencyService);
    const request = { scope: 'POST large', key: uuidv7(), digest: 'd' };
    const claim = (await keys.claim(request)) as { seed: string; holder: string };
    await keys.keep({ ...request, ...claim }, { status: 200, location: null, body: `"${'x'.repeat(300_000)}"` });
    expect(await kept(request.key)).toMatchObject([{ status: 'RUNNING', answer: null }]);
    expect(await keys.claim(request)).toMatchObject({ seed: claim.seed });
  });

  it('may be sent again under its key when it failed', async () => {
    const key = uuidv7();
    const id = uuidv7();
    const settle = () => send(service.url, 'PATCH', `/sync/${id}/status`, { status: 'SUCCESS' }, key);
    expect((await settle()).status).toBe(404);
    const other = await send(service.url, 'PATCH', `/sync/${id}/status`, { status: 'FAILED' }, key);
    expect(other).toMatchObject({ status: 404, body: { code: 'SYNC_NOT_FOUND' } });
    const context = 'now(), gen_random_uuid()';
    await database.query(
      `insert into sync_history (id, expires_at, call_id, kind, type_key, target_platform, environment, sync_direction,
         actor, trigger) values ($1, ${context}, 'contentType', 'Late', 'p', 'default', 'PUSH', 'jane', 'API')`,
      [id],
    );
    expect(await settle()).toMatchObject({ status: 200, body: { status: 'SUCCESS' } });
  });

  it('settles a sync once, and the same result again is answered as the first time', async () => {
    const { id } = (await post(aSync())).body;
    const [key, late] = [uuidv7(), uuidv7()];
    const settle = (status: string, key?: string) =>
      send(service.url, 'PATCH', `/sync/${id}/status`, { status, response: { x: 1 } }, key);
    const first = await settle('SUCCESS', key);
    expect(await settle('SUCCESS', key)).toMatchObject({ status: 200, text: first.text });
    expect(await settle('SUCCESS')).toMatchObject({ status: 409, body: { code: 'SYNC_SETTLED' } });
    for (let i = 0; i < 3; i += 1) expect(await settle('FAILED', late)).toMatchObject({ status: 409 });
    const { rows } = await database.query(`select type from sync_event where sync_id = $1 order by id`, [id]);
    expect(rows.map(({ type }) => type as string)).toEqual([
      ...['sync.recorded', 'sync.succeeded', 'sync.late_result', 'sync.late_result'],
    ]);
  });

  it('records a batch once', async () => {
    const key = uuidv7();
    const syncs = Array.from({ length: 50 }, (_, index) => aSync({ typeKey: `T${index}` }));
    const first = await send(service.url, 'POST', '/sync/batch', { syncs }, key);
    expect(first.body.ids).toHaveLength(50);
    expect(await send(service.url, 'POST', '/sync/batch', { syncs }, key)).toMatchObject({ text: first.text });
    const { rows } = await database.query(`select from sync_history where type_key ~ '^T[0-9]+$'`);
    expect(rows).toHaveLength(50);
  });

  it('is found by its time when it was done long after it was first sent', async () => {
    const key = uuidv7();
    const hours = 20 * 60 * 60 * 1000;
    const seed = uuidv7({ msecs: Date.now() - hours });
    const body = aSync({ typeKey: 'Delayed' });
    const digest = canonicalDigest({ url: '/api/v1/sync', body });
    const keys = service.app.get(IdempotencyService);
    const scope = 'POST sync//';
    const claim = (await keys.claim({ scope, key, digest })) as Claim;
    await keys.release(claim);
    await database.query(`update idempotency_key set seed = $2 where key = $1`, [key, seed]);
    const { id } = (await post(body, key)).body;
    expect(id.slice(0, 13)).toBe(seed.slice(0, 13));
    const found = await service.api('GET', '/sync/history?typeKey=Delayed&last=10m');
    expect(found.body).toMatchObject({ items: [{ id }] });
  });

  it('keeps its answer for 24 hours, and no longer', async () => {
    const key = uuidv7();
    const { id } = (await post(aSync(), key)).body;
    const age = (time: string) =>
      database.query(`update idempotency_key set created_at = now() - $2::interval where key = $1`, [key, time]);
    await age('23 hours 59 minutes');
    await service.app.get(IdempotencyService).expire();
    expect((await post(aSync(), key)).body.id).toBe(id);
    await age('24 hours 1 minute');
    const anew = await post(aSync({ typeKey: 'Other' }), key);
    expect(anew.status).toBe(201);
    expect(anew.body.id).not.toBe(id);
    await age('24 hours 1 minute');
    await service.app.get(IdempotencyService).expire();
    const { rows } = await database.query(`select from idempotency_key where key = $1`, [key]);
    expect(rows).toHaveLength(0);
  });
});

describe('a deployment with an Idempotency-Key', () => {
  let sandbox: Sandbox;
  let service: TestApp;
  let database: Client;

  beforeAll(async () => {
    sandbox = await startSandbox();
    service = await startTestApp(optimizelyAt(sandbox.url));
    database = new ProjectedClient({ connectionString: service.databaseUrl });
    await database.connect();
    const article = { key: 'Article', displayName: 'Article', baseType: '_page', properties: {} };
    await service.api('POST', '/content-types/import', { contentTypes: [article] });
  });
  afterAll(async () => {
    await database?.end();
    await service?.close();
    await sandbox?.close();
  });

  const deploy = (key?: string) =>
    sendUntilAnswered(service.url, 'POST', '/deployments', { platform: 'optimizely', actor: 'jane' }, key);
  const deployments = async () =>
    ((await service.api('GET', '/deployments')).body as { items: { id: string }[] }).items.map(({ id }) => id);

  /** Leaves the key as a process does that dies before the answer is kept. */
  const abandoned = (key: string) =>
    database.query(
      `update idempotency_key set status = 'RUNNING', answer = null, answer_status = null, locked_until = now()
       where key = $1`,
      [key],
    );

  async function ended(id: string): Promise<{ status: string; items: { status: string }[] }> {
    for (;;) {
      const { body } = await service.api('GET', `/deployments/${id}`);
      if ((body as { status: string }).status !== 'IN_PROGRESS') return body;
    }
  }

  it('is begun once, and so is its rollback', async () => {
    const key = uuidv7();
    const answers = await Promise.all(Array.from({ length: 10 }, () => deploy(key)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    const { id } = answers[0]!.body;
    expect(answers[0]!.headers.get('location')).toBe(`/api/v1/deployments/${id}`);
    expect(await deployments()).toEqual([id]);
    expect((await ended(id)).status).toBe('SUCCESS');

    const changed = { key: 'Article', displayName: 'Essay', baseType: '_page', properties: {} };
    await service.api('PUT', '/content-types/Article', changed);
    const second = (await deploy(uuidv7())).body.id;
    await ended(second);
    const rollback = () =>
      sendUntilAnswered(service.url, 'POST', `/deployments/${second}/rollback`, { actor: 'j', reason: 'r' }, key);
    const undone = await Promise.all([rollback(), rollback(), rollback()]);
    expect(new Set(undone.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(await deployments()).toHaveLength(3);
    await ended(undone[0].body.id);

    await service.api('PUT', '/content-types/Article', { ...changed, displayName: 'Tract' });
    await abandoned(key);
    expect((await rollback()).body.id).toBe(undone[0].body.id);
    expect((await service.api('GET', '/content-types/Article')).body).toMatchObject({
      definition: { displayName: 'Tract' },
    });
  });

  it('is begun once by two who begin it at the same time', async () => {
    const id = uuidv7();
    const begin = () =>
      service.app
        .get(DeploymentService)
        .deployToProvider({ platform: 'optimizely', environment: 'default', actor: 'jane' }, id);
    const begun = await Promise.all([begin(), begin()]);
    expect(begun.map((deployment) => deployment.id)).toEqual([id, id]);
    await ended(id);
    const syncs = await service.api('GET', `/sync/history?deploymentId=${id}`);
    expect((syncs.body as { items: unknown[] }).items).toHaveLength(1);
  });

  it('is not sent again by whoever takes over its key', async () => {
    const key = uuidv7();
    const { id } = (await deploy(key)).body;
    await ended(id);
    await abandoned(key);
    const pushes = () => database.query(`select from sync_history where sync_direction = 'PUSH'`);
    const before = (await pushes()).rowCount;
    const answers = await Promise.all([deploy(key), deploy(key)]);
    for (const { status, body } of answers) expect({ status, id: body.id }).toEqual({ status: 202, id });
    expect((await pushes()).rowCount).toBe(before);
  });

  it('is decided by its own syncs: others record none for it', async () => {
    const { id } = (await deploy()).body;
    const foreign = aSync({ platform: 'optimizely', deploymentId: id, result: { status: 'FAILED' } });
    expect((await service.api('POST', '/sync', foreign)).status).toBe(409);
    expect(await ended(id)).toMatchObject({ status: 'SUCCESS', items: [{ status: 'SUCCESS' }] });
    expect((await service.api('POST', '/sync', foreign)).status).toBe(409);
    expect(await ended(id)).toMatchObject({ items: [{ status: 'SUCCESS' }] });
  });
});

describe('a service that is killed over a request', () => {
  const LOCK = 42;
  /** Milliseconds: processes are started, on whatever machine this is. */
  const MINUTE = 60_000;
  let store: Awaited<ReturnType<typeof createTestDatabase>>;
  let database: Client;
  const services: ServiceProcess[] = [];
  let survivor: ServiceProcess;

  beforeAll(async () => {
    store = await createTestDatabase();
    database = new ProjectedClient({ connectionString: store.url });
    await database.connect();
    await database.query(
      `create function wait_for_test() returns trigger language plpgsql as $$
       begin perform pg_advisory_xact_lock_shared(${LOCK}); return new; end $$`,
    );
    survivor = await start();
  }, MINUTE);
  afterAll(async () => {
    for (const service of services) await service.kill();
    await database?.end();
    await store?.drop();
  });

  async function start(): Promise<ServiceProcess> {
    const service = await startServiceProcess({ DATABASE_URL: store.url, LEASE_MS: '500' });
    services.push(service);
    return service;
  }

  /** Lets a service come as far as this trigger, kills it there, and undoes what its connections still wait to do. */
  async function killedAt(trigger: string, request: (url: string) => Promise<unknown>): Promise<void> {
    const service = await start();
    await database.query(`create trigger held ${trigger} for each row execute function wait_for_test()`);
    await database.query(`select pg_advisory_lock(${LOCK})`);
    const answer = request(service.url).then(
      () => 'answered',
      () => 'cut off',
    );
    const waiting = `from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`;
    while ((await database.query(`select ${waiting}`)).rowCount === 0);
    await service.kill();
    expect(await answer).toBe('cut off');
    await database.query(`select pg_terminate_backend(pid) ${waiting}`);
    while ((await database.query(`select ${waiting}`)).rowCount !== 0);
    await database.query(`select pg_advisory_unlock(${LOCK})`);
    await database.query(`drop trigger held on ${/ on (\w+)/.exec(trigger)![1]}`);
  }

  const keyRow = async (key: string) =>
    (await database.query<{ seed: string; status: string }>(`select * from idempotency_key where key = $1`, [key]))
      .rows[0]!;

  it(
    'leaves a record that the retry finds, when it is killed between work and answer',
    async () => {
      const key = uuidv7();
      const request = (url: string) =>
        sendUntilAnswered(url, 'POST', '/sync', aSync({ data: { a: 1 }, result: { status: 'SUCCESS' } }), key);
      await killedAt('before update on idempotency_key', request);
      const { rows } = await database.query<{ id: string }>('select id from sync_history');
      expect(rows).toHaveLength(1);
      expect((await keyRow(key)).status).toBe('RUNNING');
      const next = await start();
      const answer = await request(next.url);
      expect(answer).toMatchObject({ status: 201, body: { id: rows[0]!.id, status: 'SUCCESS' } });
      expect(await count(database, 'sync_history')).toBe(1);
      expect(await count(database, 'sync_event')).toBe(2);
      expect(await count(database, 'content_type_version')).toBe(1);
      expect((await request(survivor.url)).headers.get('idempotency-replayed')).toBe('true');
    },
    MINUTE,
  );

  it(
    'leaves nothing that the retry would double, when it is killed before the work',
    async () => {
      const before = await count(database, 'sync_history');
      const key = uuidv7();
      const syncs = Array.from({ length: 30 }, (_, index) => aSync({ typeKey: `K${index}` }));
      const request = (url: string) => sendUntilAnswered(url, 'POST', '/sync/batch', { syncs }, key);
      await killedAt('before insert on sync_journal', request);
      expect(await count(database, 'sync_history')).toBe(before);
      const { status, body } = await request(survivor.url);
      expect({ status, ids: body.ids.length }).toEqual({ status: 201, ids: 30 });
      expect(await count(database, 'sync_history')).toBe(before + 30);
    },
    MINUTE,
  );

  it(
    'settles once, when it is killed between the result and the answer',
    async () => {
      const { url } = survivor;
      const { id } = (await send(url, 'POST', '/sync', aSync())).body;
      const key = uuidv7();
      const request = (url: string) =>
        sendUntilAnswered(url, 'PATCH', `/sync/${id}/status`, { status: 'PARTIAL', metadata: { a: 1 } }, key);
      await killedAt('before update on idempotency_key', request);
      expect(await request(url)).toMatchObject({ status: 200, body: { id, status: 'PARTIAL' } });
      const { rows } = await database.query(`select type from sync_event where sync_id = $1 order by id`, [id]);
      expect(rows).toEqual([{ type: 'sync.recorded' }, { type: 'sync.partial' }]);
      const findings: Finding[] = [];
      await fsck(store.url, (finding) => findings.push(finding));
      expect(findings).toEqual([]);
    },
    MINUTE,
  );
});

describe('the ids of a request', () => {
  it('are UUIDv7 that ascend, all different, and the same from the same seed', () => {
    const seed = uuidv7();
    const ids = Array.from({ length: 4_096 }, (_, index) => new RequestIds(seed).at(index));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set([...ids, seed]).size).toBe(4_097);
    expect(ids.every((id) => validate(id) && version(id) === 7 && id.startsWith(seed.slice(0, 13)))).toBe(true);
    expect(new RequestIds(uuidv7()).at(7)).not.toBe(ids[7]);
  });
});
