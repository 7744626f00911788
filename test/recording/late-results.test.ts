import { v7 as uuidv7 } from 'uuid';
import { SyncWriter } from '#recording';
import { fsck } from '../../src/fsck.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

interface Event {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

let service: TestApp;
let sql: Sql;

beforeAll(async () => {
  service = await startTestApp();
  sql = await connectSql(service.databaseUrl);
});
afterAll(async () => {
  await sql?.close();
  await service?.close();
});

async function settled(): Promise<string> {
  const sync = { platform: 'p', direction: 'PUSH', typeKey: 'Late', actor: 'jane', result: { status: 'SUCCESS' } };
  return ((await service.api('POST', '/sync', sync)).body as { id: string }).id;
}

const late = (id: string, result: object) =>
  service.api('PATCH', `/sync/${id}/status`, { status: 'FAILED', ...result });
const snapshots = async () => Number((await sql<{ count: string }>('select count(*) from snapshot'))[0]!.count);

async function eventsOf(id: string, query = ''): Promise<{ items: Event[]; next: string | null; prev: string | null }> {
  const { status, body } = await service.api('GET', `/sync/${id}/events${query}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body;
}

describe('results that come late', () => {
  it('are kept when they differ, the first twenty of a sync, and the answer says so', async () => {
    const id = await settled();
    const before = await snapshots();
    const answers = [];
    for (let n = 1; n <= 25; n += 1) answers.push(await late(id, { statusCode: 400 + n, response: { n } }));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 25 }, () => 409));
    expect(answers[19]!.body).toMatchObject({
      code: 'SYNC_SETTLED',
      detail: expect.stringContaining('was kept as an event'),
    });
    expect(answers[20]!.body).toMatchObject({
      ...{ code: 'SYNC_SETTLED', detail: expect.stringContaining('20 late results') },
    });
    expect((await eventsOf(id)).items.map(({ type }) => type)).toEqual([
      ...['sync.recorded', 'sync.succeeded', ...Array.from({ length: 20 }, () => 'sync.late_result')],
    ]);
    expect(await snapshots()).toBe(before + 20);
  });

  it('are kept once when they are the same', async () => {
    const id = await settled();
    for (let time = 1; time <= 3; time += 1) {
      expect(await late(id, { statusCode: 500, response: { x: 1 } })).toMatchObject({ status: 409 });
    }
    await late(id, { statusCode: 501 });
    await late(id, { statusCode: 500, response: { x: 1 } });
    expect((await eventsOf(id)).items).toHaveLength(4);
  });

  it('are bounded when they come at once, and to many syncs in one statement', async () => {
    const id = await settled();
    await Promise.all(Array.from({ length: 60 }, (_, n) => late(id, { durationMs: n })));
    await Promise.all(Array.from({ length: 60 }, () => late(id, { durationMs: 0 })));
    const kept = (await eventsOf(id)).items.filter(({ type }) => type === 'sync.late_result');
    // Two statements at once cannot see each other's.
    expect(kept.length).toBeLessThanOrEqual(40);
    expect(kept.length).toBeGreaterThanOrEqual(20);
    const writer = service.app.get(SyncWriter);
    const [one, other] = [await settled(), await settled()];
    await writer.settleAll(
      Array.from({ length: 30 }, (_, n) =>
        [one, other].map((sync) => ({ id: sync, status: 'FAILED' as const, durationMs: n })),
      ).flat(),
    );
    for (const sync of [one, other]) expect((await eventsOf(sync)).items).toHaveLength(22);
  });

  it('leave no snapshot of what was not kept', async () => {
    const id = await settled();
    for (let n = 1; n <= 20; n += 1) await late(id, { durationMs: n });
    const before = await snapshots();
    await late(id, { response: { only: uuidv7() } });
    expect(await snapshots()).toBe(before);
  });

  it('leave books that can be proved', async () => {
    const findings: unknown[] = [];
    await fsck(service.databaseUrl, (finding) => findings.push(finding));
    expect(findings).toEqual([]);
  });
});

async function versionOf(a: number): Promise<string> {
  const sync = { platform: 'p', direction: 'PUSH', typeKey: 'Late', actor: 'jane', data: { key: 'Late', a } };
  const ended = { ...sync, result: { status: 'SUCCESS' } };
  return ((await service.api('POST', '/sync', ended)).body as { versionHash: string }).versionHash;
}

describe('a version that is linked again', () => {
  it('is one event while it is the same', async () => {
    const sync = { platform: 'p', direction: 'PUSH', typeKey: 'Late', actor: 'jane' };
    const { id } = (await service.api('POST', '/sync', sync)).body as { id: string };
    const versions = [await versionOf(1), await versionOf(2)] as const;
    for (const versionHash of [versions[0], ...versions, versions[1]]) {
      const linked = await service.api('PATCH', `/sync/${id}/version`, { versionHash });
      expect(linked).toMatchObject({ status: 200, body: { versionHash } });
    }
    const linked = (await eventsOf(id)).items.filter(({ type }) => type === 'sync.version_linked');
    expect(linked.map(({ data }) => data.versionHash)).toEqual(versions);
  });
});

describe('the timeline of a sync', () => {
  it('is paged, forwards and back', async () => {
    const id = await settled();
    for (let n = 1; n <= 5; n += 1) await late(id, { durationMs: n });
    const whole = await eventsOf(id);
    expect(whole).toMatchObject({ next: null, prev: null });
    expect(whole.items).toHaveLength(7);
    const first = await eventsOf(id, '?limit=3');
    const second = await eventsOf(id, `?limit=3&cursor=${first.next}`);
    const third = await eventsOf(id, `?limit=3&cursor=${second.next}`);
    expect([...first.items, ...second.items, ...third.items]).toEqual(whole.items);
    expect(third).toMatchObject({ next: null });
    expect((await eventsOf(id, `?limit=3&cursor=${third.prev}`)).items).toEqual(second.items);
  });

  it.each(['limit=0', 'limit=101', 'cursor=x'])('is refused with %s', async (query) => {
    expect(await service.api('GET', `/sync/${await settled()}/events?${query}`)).toMatchObject({ status: 400 });
  });

  it('of no sync is a 404', async () => {
    expect(await service.api('GET', `/sync/${uuidv7()}/events`)).toMatchObject({ status: 404 });
  });
});
