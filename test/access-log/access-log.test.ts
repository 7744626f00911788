import { KeyedService } from '../support/keyed-service.ts';
import { until } from '../support/until.ts';

const PORTED = { 'x-client': 'audit-tool' };

interface Event extends Record<string, unknown> {
  position: number;
  action: string;
}

let service: KeyedService;
let auditor: { id: string; key: string };

beforeAll(async () => {
  service = await KeyedService.start({ APPROVAL_TARGETS: 'optimizely/staging' });
  auditor = await service.keyOf('eve', 'auditor');
}, 60_000);
afterAll(() => service?.stop());

/** The newest events, as the API lists them. */
async function events(query = ''): Promise<Event[]> {
  const { status, body } = await service.ask(service.admin, 'GET', `/access-log?limit=100${query}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return (body as { items: Event[] }).items;
}

/** The newest event of an action, once it is there. */
function newest(query: string): Promise<Event> {
  return until(`there is an event of ${query}`, async () => (await events(query))[0]);
}

const byAuditor = () => ({
  ...{ principal: `key:${auditor.id}`, actor: 'eve', client: 'audit-tool', address: '127.0.0.1', count: 1 },
});

describe('the access log has, with who, from where and what', () => {
  it('a payload that was read, and its differences', async () => {
    const sync = await service.recorded('staging');
    const target = { platform: 'optimizely', environment: 'staging', subject: sync };
    expect((await service.ask(auditor.key, 'GET', `/sync/${sync}/snapshot`, { headers: PORTED })).status).toBe(200);
    expect(await events('&action=payload.read')).toMatchObject([
      { ...byAuditor(), ...target, operation: 'getSyncSnapshot', filter: null, status: null, code: null },
    ]);
    await service.ask(auditor.key, 'GET', `/sync/${sync}/diff?format=patch&against=${sync}`, { headers: PORTED });
    expect((await events('&action=payload.read'))[0]).toMatchObject({
      ...{ ...byAuditor(), ...target, operation: 'compareSync', filter: { format: 'patch', against: sync } },
    });
  });

  it('no payload that was not there', async () => {
    const before = await events('&action=payload.read');
    const path = '/sync/019a5f0e-7c11-7aaa-8000-000000000000/snapshot';
    expect((await service.ask(auditor.key, 'GET', path)).status).toBe(404);
    expect(await events('&action=payload.read')).toEqual(before);
  });

  it('an export of the history: its filter, its rows, and its end', async () => {
    await service.recorded();
    const path = '/sync/history/export?platform=optimizely&environment=default&format=ndjson';
    const { headers, text } = await service.ask(auditor.key, 'GET', path, { headers: PORTED });
    const rows = Number(headers.get('x-synctrail-count'));
    expect(text.split('\n').length - 1).toBe(rows);
    const about = {
      ...byAuditor(),
      ...{ operation: 'exportSyncs', platform: 'optimizely', environment: 'default', rows },
      filter: { platform: 'optimizely', environment: 'default', format: 'ndjson' },
    };
    expect(await newest('&action=export.ended')).toMatchObject({ ...about, code: null });
    expect((await events('&action=export.started'))[0]).toMatchObject(about);
  });

  it('an export that its reader broke off', async () => {
    const big = 'x'.repeat(5_000);
    await service.sql(
      `insert into sync_history (id, call_id, kind, type_key, target_platform, environment, sync_direction, sync_status, trigger, actor,
         retry_count, error_message, completed_at, duration_ms)
       select uuid_at(now() - n * interval '1 millisecond'), uuid_at(now()), 'contentType', 'Big', 'optimizely', 'default', 'PUSH', 'FAILED', 'API',
         'x', 0, $1, now(), 1 from generate_series(1, 5000) n`,
      [big],
    );
    const leave = new AbortController();
    const response = await fetch(`${service.first.url}/api/v1/sync/history/export?typeKey=Big&format=ndjson`, {
      headers: { authorization: `Bearer ${auditor.key}` },
      signal: leave.signal,
    });
    await response.body!.getReader().read();
    expect((await events('&action=export.started'))[0]).toMatchObject({ rows: 5_000 });
    leave.abort();
    expect(await newest('&code=BROKEN_OFF')).toMatchObject({ action: 'export.ended', actor: 'eve', rows: null });
  });

  it('the export of what stands at a target, and not its list', async () => {
    const count = (await events('&action=export.started')).length;
    const path = '/live?platform=optimizely&environment=staging';
    expect((await service.ask(auditor.key, 'GET', path)).status).toBe(200);
    expect(await events('&action=export.started')).toHaveLength(count);
    expect((await service.ask(auditor.key, 'GET', `${path}&format=export`)).status).toBe(200);
    expect((await events('&action=export.started'))[0]).toMatchObject({
      ...{ operation: 'listLiveState', platform: 'optimizely', environment: 'staging', rows: expect.any(Number) },
    });
  });

  it('keys that are created and revoked, also from the command line', async () => {
    expect((await events('&action=key.created')).at(-1)).toMatchObject({
      ...{ principal: null, actor: expect.stringContaining('command line'), address: null, operation: null },
      filter: { name: 'root', grants: ['admin'], expiresAt: null },
    });
    const { id } = await service.keyOf('joe', 'viewer@optimizely/staging');
    expect((await events('&action=key.created'))[0]).toMatchObject({
      ...{ actor: 'root', operation: 'createKey', subject: id, address: '127.0.0.1' },
      filter: { name: 'joe', grants: ['read@optimizely/staging'] },
    });
    for (const reason of ['left', 'again'])
      await service.ask(service.admin, 'POST', `/keys/${id}/revoke`, { body: { reason } });
    expect(await events(`&action=key.revoked&subject=${id}`)).toMatchObject([
      { actor: 'root', operation: 'revokeKey', filter: { reason: 'left' } },
    ]);
  });

  it('sign-ins, those that fail, and sign-outs', async () => {
    const { headers } = await service.ask(undefined, 'POST', '/session', { body: { key: auditor.key } });
    const cookie = headers.get('set-cookie')!.split(';')[0]!;
    expect(await events('&action=session.opened')).toMatchObject([
      { principal: `key:${auditor.id}`, actor: 'eve', operation: 'signIn', address: '127.0.0.1' },
    ]);
    await service.ask(undefined, 'DELETE', '/session', { headers: { cookie } });
    expect(await events('&action=session.closed')).toMatchObject([{ actor: 'eve', operation: 'signOut' }]);
    expect((await service.ask(undefined, 'POST', '/session', { body: { key: 'synctrail_x' } })).status).toBe(401);
    expect(await newest('&action=session.refused')).toMatchObject({
      ...{
        principal: null,
        address: '127.0.0.1',
        operation: 'signIn',
        status: 401,
        code: 'INVALID_KEY',
        subject: null,
      },
    });
  });

  it('a key that is not valid any more, by its id', async () => {
    const { id, key } = await service.keyOf('gone', 'viewer');
    await service.ask(service.admin, 'POST', `/keys/${id}/revoke`, { body: { reason: 'lost' } });
    await until('the key is refused', async () => (await service.ask(key, 'GET', '/plans')).status === 401);
    expect(await newest('&code=KEY_REVOKED')).toMatchObject({
      ...{ action: 'access.denied', subject: id, operation: 'listPlans', status: 401, principal: null },
    });
  });

  it('a caller without the scope, and one that is not to learn what is at another target', async () => {
    const { id, key } = await service.keyOf('bound', 'auditor@optimizely/staging');
    expect((await service.ask(key, 'GET', '/keys')).status).toBe(403);
    expect(await newest(`&principal=key:${id}&code=FORBIDDEN`)).toMatchObject({
      ...{ action: 'access.denied', actor: 'bound', operation: 'listKeys', status: 403 },
    });
    const elsewhere = await service.recorded('default');
    expect((await service.ask(key, 'GET', `/sync/${elsewhere}/snapshot`)).status).toBe(404);
    expect(await newest(`&principal=key:${id}&code=SYNC_NOT_FOUND`)).toMatchObject({
      ...{ action: 'access.denied', operation: 'getSyncSnapshot', status: 404, subject: elsewhere },
      ...{ platform: 'optimizely', environment: 'default' },
    });
  });

  it('mutes', async () => {
    const result = { status: 'FAILED', error: { code: 'TIMEOUT', message: 'slow' } };
    const sync = await service.recorded('default', {}, { result });
    const shown = await service.ask(service.admin, 'GET', `/sync/${sync}`);
    const { errorFingerprint } = shown.body as { errorFingerprint: string };
    const mute = { until: '2090-01-01T00:00:00Z', reason: 'known' };
    const path = `/sync/analytics/failures/${errorFingerprint}/mute`;
    expect((await service.ask(service.admin, 'PUT', path, { body: mute })).status).toBe(200);
    for (const _twice of [1, 2]) expect((await service.ask(service.admin, 'DELETE', path)).status).toBe(204);
    expect(await events(`&subject=${errorFingerprint}`)).toMatchObject([
      { action: 'mute.removed', actor: 'root', operation: 'unmuteFailure' },
      { action: 'mute.created', actor: 'root', operation: 'muteFailure', filter: { reason: 'known' } },
    ]);
  });

  it('imports, and decisions on plans', async () => {
    await service.importPage('?message=first');
    expect((await events('&action=catalogue.imported'))[0]).toMatchObject({
      ...{ actor: 'root', operation: 'importContentTypes', platform: 'optimizely', environment: '*', rows: 1 },
      filter: { message: 'first' },
    });
    const target = { platform: 'optimizely', environment: 'staging' };
    const author = await service.keyOf('author', 'operator');
    const approver = await service.keyOf('ann', 'operator');
    for (const [verb, action] of [
      ['approve', 'plan.approved'],
      ['refuse', 'plan.refused'],
    ] as const) {
      const { id } = (await service.ask(author.key, 'POST', '/plans', { body: target })).body as { id: string };
      const path = `/plans/${id}/${verb}`;
      expect((await service.ask(approver.key, 'POST', path, { body: { reason: 'seen' } })).status).toBe(200);
      expect((await service.ask(approver.key, 'POST', path, { body: { reason: 'again' } })).status).toBe(409);
      expect(await events(`&subject=${id}`)).toMatchObject([
        { ...target, action, actor: 'ann', operation: `${verb}Plan`, filter: { reason: 'seen' } },
      ]);
    }
  });

  it('its own export, whose file has what the list has', async () => {
    const { text: ndjson } = await service.ask(auditor.key, 'GET', '/access-log/export?format=ndjson&actor=root');
    const listed: Event[] = [];
    for (let next: string | null = ''; next !== null;) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const page = await service.ask(auditor.key, 'GET', `/access-log?limit=7&actor=root${cursor}`);
      const { items, next: more } = page.body as { items: Event[]; next: string | null };
      listed.push(...items);
      next = more;
    }
    const exported = ndjson
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    const at = ({ createdAt, ...event }: Event) => ({ ...event, createdAt: new Date(String(createdAt)) });
    expect(exported.map(at)).toEqual(listed.map(at));
    expect(listed.length).toBeGreaterThan(7);
    expect((await events('&action=export.started'))[0]).toMatchObject({
      ...{ operation: 'exportAccessEvents', actor: 'eve', rows: listed.length },
    });
    const { text: csv } = await service.ask(auditor.key, 'GET', '/access-log/export?actor=root');
    expect(csv.split('\r\n')[0]).toMatch(/^position,createdAt,id,action,principal,/);
    expect(csv.split('\r\n').length - 2).toBe(listed.length);
  });
});

describe('the list', () => {
  it('can be polled by position, oldest first', async () => {
    const all = (await events()).toReversed();
    const { position } = all[3]!;
    const { body } = await service.ask(auditor.key, 'GET', `/access-log?after=${position}&limit=2`);
    const page = body as { items: Event[]; next: string };
    expect(page.items.map((event) => event.position)).toEqual([position + 1, position + 2]);
    const second = await service.ask(auditor.key, 'GET', `/access-log?after=${position}&limit=2&cursor=${page.next}`);
    expect((second.body as typeof page).items.map((event) => event.position)).toEqual([position + 3, position + 4]);
  });

  it('covers an interval of time', async () => {
    const all = await events();
    const [from, to] = [all.at(-5)!.createdAt, all.at(-2)!.createdAt].map(String) as [string, string];
    const expected = all.filter(({ createdAt }) => String(createdAt) >= from && String(createdAt) < to);
    expect(await events(`&from=${from}&to=${to}`)).toEqual(expected);
    expect(await events('&from=2090-01-01')).toEqual([]);
    expect(await events('&to=2090-01-01')).toEqual(await events());
  });

  it('is hidden from a key without the scope, and shows a bound key what concerns its targets', async () => {
    const without = await service.keyOf('operator', 'operator');
    for (const path of ['/access-log', '/access-log/export'])
      expect((await service.ask(without.key, 'GET', path)).status).toBe(403);
    const staging = await service.keyOf('staging-auditor', 'access-log:read@optimizely/staging');
    const target = { platform: 'optimizely', environment: 'staging' };
    const seen = (await service.ask(staging.key, 'GET', '/access-log?limit=100')).body as { items: Event[] };
    expect(seen.items.length).toBeGreaterThan(2);
    expect(seen.items).toEqual(seen.items.map(() => expect.objectContaining(target)));
    const { text } = await service.ask(staging.key, 'GET', '/access-log/export?format=ndjson');
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as Event).position),
    ).toEqual(seen.items.map(({ position }) => position));
    expect((await service.ask(staging.key, 'GET', '/access-log?environment=default')).status).toBe(403);
  });
});

it('keeps no secret, wherever it is sent', async () => {
  const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
  const headers = { 'x-client': secret, 'user-agent': secret, cookie: `a=${secret}`, 'x-forwarded-for': secret };
  await service.ask(secret, 'GET', `/sync/${secret}/snapshot?q=${secret}`, { headers });
  await service.ask(undefined, 'POST', '/session', { body: { key: secret }, headers });
  await service.ask(auditor.key, 'GET', `/sync/history/export?q=${secret}&actor=password%3D${secret}`, { headers });
  await service.ask(auditor.key, 'GET', `/keys?x=${secret}`, { headers });
  await service.ask(auditor.key, 'POST', `/keys/${secret}/revoke`, {
    headers,
    body: { reason: secret, onBehalfOf: secret },
  });
  await service.ask(service.admin, 'POST', '/keys', {
    ...{ headers, body: { name: `key ${secret}`, grants: ['read'], onBehalfOf: secret } },
  });
  expect((await events('&action=export.started'))[0]).toMatchObject({
    filter: { q: expect.not.stringContaining(secret), actor: expect.not.stringContaining(secret) },
  });
  await newest(`&principal=key:${auditor.id}&code=FORBIDDEN`);
  await until('the export has its end', async () => {
    const [started, ended] = await Promise.all(['started', 'ended'].map((end) => events(`&action=export.${end}`)));
    return started!.length === ended!.length;
  });
  const rows = await service.sql<{ text: string }>(
    `select e::text as text from access_event e where e::text like '%ghp_%'`,
  );
  expect(rows).toEqual([]);
  const keys = await service.sql<{ text: string }>(
    `select e::text as text from access_event e where e::text ~ 'synctrail_'`,
  );
  expect(keys).toEqual([]);
});
