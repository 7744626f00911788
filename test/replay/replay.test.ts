import { v7 as uuidv7 } from 'uuid';
import { RequestIds } from '#idempotency';
import { PlatformRegistry } from '#platform';
import { SyncReader } from '#recording';
import { SyncHistoryService, PendingSyncs } from '#tracking';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';
import { ReplayPlanner } from '../../src/replay/replay.planner.ts';
import { SyncReplayer } from '../../src/replay/sync.replayer.ts';
import { journal, sql } from '../support/fsck.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Sync {
  id: string;
  callId: string;
  typeKey: string;
  status: string;
  replayOf: string | null;
  pushedDigest: string;
  trigger: string;
  reason: string;
}

const type = (key: string) => ({ key, displayName: key, baseType: '_page', properties: {} });
const asked = { actor: 'jane', reason: 'the platform was down' };

describe('a replay', () => {
  let sandbox: Sandbox;
  let service: TestApp;
  beforeAll(async () => {
    sandbox = await startSandbox();
    service = await startTestApp({ ...optimizelyAt(sandbox.url), RETRY_MAX_ATTEMPTS: '1', CIRCUIT_FAILURES: '1000' });
  });
  afterAll(async () => {
    await service?.close();
    await sandbox?.close();
  });

  const history = async (query: string) =>
    ((await service.api('GET', `/sync/history?${query}`)).body as { items: Sync[] }).items;
  const settled = async (query: string, count: number): Promise<Sync[]> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
      const found = (await history(query)).filter(({ status }) => status !== 'IN_PROGRESS');
      if (found.length >= count) return found;
      await new Promise((turn) => setTimeout(turn, 50));
    }
    throw new Error(`no ${count} settled syncs under ${query}`);
  };
  const outage = (on: boolean) =>
    on
      ? fetch(`${sandbox.url}/_sandbox/faults`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            faults: [{ call: 1, untilReset: true, match: { path: '/manifest' }, kind: 'status', status: 503 }],
          }),
        })
      : fetch(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE' });
  const deploy = async (keys: string[]) => {
    await service.api('POST', '/content-types/import', { contentTypes: keys.map(type) });
    const items = keys.map((typeKey) => ({ typeKey }));
    const { body } = await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items });
    return settled(`deploymentId=${(body as { id: string }).id}`, keys.length);
  };

  it('of one sync is a new sync with the same bytes, linked to the old', async () => {
    await outage(true);
    const [failed] = await deploy(['Lost']);
    expect(failed!.status).toBe('FAILED');
    await outage(false);
    const { status, headers, body } = await service.api('POST', `/sync/${failed!.id}/replay`, asked);
    expect([status, body]).toMatchObject([202, { replayOf: failed!.id }]);
    expect(headers.get('location')).toBe(`/api/v1/sync/${(body as Sync).id}`);
    const [replay] = await settled('trigger=REPLAY&typeKey=Lost', 1);
    expect(replay).toMatchObject({
      id: (body as Sync).id,
      status: 'SUCCESS',
      replayOf: failed!.id,
      pushedDigest: failed!.pushedDigest,
      reason: asked.reason,
    });
    const { body: detail } = await service.api('GET', `/sync/${failed!.id}?include=replays`);
    expect(detail).toMatchObject({ replays: [{ id: replay!.id }] });
  });

  it('of a filter counts first, keeps the order, and leaves out what a newer success has healed', async () => {
    await outage(true);
    const [healed] = await deploy(['Healed']);
    const failed = [...(await deploy(['First'])), ...(await deploy(['Second']))];
    await outage(false);
    await deploy(['Healed']);
    const filter = { status: ['FAILED'], typeKey: ['Healed', 'First', 'Second'] };

    const dry = await service.api('POST', '/sync/replay', { ...asked, filter, dryRun: true });
    expect([dry.status, dry.body]).toEqual([
      200,
      { matched: 3, healed: 1, older: 0, replays: 2, batch: null, syncIds: failed.map(({ id }) => id) },
    ]);
    expect(await history('trigger=REPLAY&typeKey=First')).toEqual([]);

    const started = await service.api('POST', '/sync/replay', { ...asked, filter });
    expect(started.status).toBe(202);
    const replays = await settled('trigger=REPLAY&typeKey=First&typeKey=Second', 2);
    expect(replays.map(({ replayOf }) => replayOf).toReversed()).toEqual(failed.map(({ id }) => id));
    expect(new Set(replays.map(({ status }) => status))).toEqual(new Set(['SUCCESS']));
    expect(await history('trigger=REPLAY&typeKey=Healed')).toEqual([]);

    const all = { ...asked, filter: { typeKey: ['Healed'], status: ['FAILED'] }, includeHealed: true, dryRun: true };
    expect((await service.api('POST', '/sync/replay', all)).body).toMatchObject({ replays: 1, syncIds: [healed!.id] });
  });

  it('of a filter sends only the newest content of an item, each original once', async () => {
    const put = (displayName: string) =>
      service.api('PUT', '/content-types/Newest', { ...type('Newest'), displayName });
    const pushed = async () => {
      const items = [{ typeKey: 'Newest' }];
      const { body } = await service.api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', items });
      return (await settled(`deploymentId=${(body as { id: string }).id}`, 1))[0]!;
    };
    await outage(true);
    await put('First');
    const first = await pushed();
    await put('Second');
    const second = await pushed();
    // The replay of the older content is the newest sync.
    await service.api('POST', `/sync/${first.id}/replay`, asked);
    await service.api('POST', `/sync/${second.id}/replay`, asked);
    await settled('typeKey=Newest&trigger=REPLAY', 2);
    await outage(false);
    const filter = { typeKey: ['Newest'], status: ['FAILED'] };
    expect((await service.api('POST', '/sync/replay', { ...asked, filter })).body).toMatchObject({
      ...{ matched: 4, healed: 0, older: 3, replays: 1 },
      syncIds: [second.id],
    });
    const [sent] = await settled('typeKey=Newest&status=SUCCESS&direction=PUSH', 1);
    expect(sent).toMatchObject({ replayOf: second.id, pushedDigest: second.pushedDigest });
    expect((await service.api('POST', '/sync/replay', { ...asked, filter })).body).toMatchObject({
      ...{ matched: 4, healed: 1, older: 3, replays: 0 },
    });
  });

  it('of a filter makes one call again of what was one call', async () => {
    await outage(true);
    const failed = await deploy(['CircleA', 'CircleB']);
    const [other] = await deploy(['CircleC']);
    await outage(false);
    const filter = { typeKey: ['CircleA', 'CircleB', 'CircleC'], status: ['FAILED'] };
    const before = (await journal(sandbox.url)).length;
    await service.api('POST', '/sync/replay', { ...asked, filter });
    const replays = await settled('trigger=REPLAY&typeKey=CircleA&typeKey=CircleB&typeKey=CircleC', 3);
    expect(replays.map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    const posts = (await journal(sandbox.url)).slice(before).filter(({ method }) => method === 'POST');
    expect(posts).toHaveLength(2);
    const callOf = (of: string) => replays.find(({ replayOf }) => replayOf === of)!.callId;
    expect(callOf(failed[0]!.id)).toBe(callOf(failed[1]!.id));
    expect(callOf(other!.id)).not.toBe(callOf(failed[0]!.id));
  });

  it('of one sync that a newer success has superseded is refused by default', async () => {
    await outage(true);
    const [old] = await deploy(['Old']);
    await outage(false);
    const [newer] = await deploy(['Old']);
    const refused = await service.api('POST', `/sync/${old!.id}/replay`, asked);
    expect([refused.status, refused.body]).toMatchObject([
      409,
      { code: 'SUPERSEDED_BY_NEWER', syncId: old!.id, newerSyncId: newer!.id },
    ]);
    expect(await history('trigger=REPLAY&typeKey=Old')).toEqual([]);
    const wanted = await service.api('POST', `/sync/${old!.id}/replay`, { ...asked, includeHealed: true });
    expect(wanted.status).toBe(202);
    expect(await settled('trigger=REPLAY&typeKey=Old', 1)).toMatchObject([{ status: 'SUCCESS' }]);
  });

  it('knows what is newer by the clock of the database, not by ids', async () => {
    await outage(true);
    const [failed] = await deploy(['Skewed']);
    await outage(false);
    const id = uuidv7({ msecs: Date.now() - 3_600_000 });
    const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
    const item = { typeKey: 'Skewed', data: type('Skewed'), syncId: id };
    await service.app
      .get(PlatformRegistry)
      .get('optimizely')
      .push({ items: [item], context });
    const refused = await service.api('POST', `/sync/${failed!.id}/replay`, asked);
    expect([refused.status, refused.body]).toMatchObject([409, { newerSyncId: id }]);
  });

  it('is begun once, however often it is asked for under one key', async () => {
    await outage(true);
    const [failed] = await deploy(['Twice']);
    await outage(false);
    const post = (path: string, body: object, key: string) =>
      fetch(`${service.url}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      });
    const single = () => post(`/sync/${failed!.id}/replay`, asked, 'one');
    const batch = () =>
      post('/sync/replay', { ...asked, filter: { typeKey: 'Twice', status: 'FAILED' }, includeHealed: true }, 'all');
    for (const send of [single, batch]) {
      const [first, second] = [await send(), await send()];
      expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([202, 202, 'true']);
      expect(await second.json()).toEqual(await first.json());
    }
    await settled('trigger=REPLAY&typeKey=Twice', 2);
    expect(await history('trigger=REPLAY&typeKey=Twice')).toHaveLength(2);
  });

  it('is begun once by two who begin it under the same ids, whatever has healed meanwhile', async () => {
    await outage(true);
    const [failed] = [...(await deploy(['Early'])), ...(await deploy(['Later']))];
    await outage(false);
    const replayer = service.app.get(SyncReplayer);
    const one = new RequestIds(uuidv7());
    const begun = await Promise.all([1, 2].map(() => replayer.replay(failed!.id, asked, one)));
    expect(new Set(begun)).toEqual(new Set([one.ofSync(0).id]));
    await settled('trigger=REPLAY&typeKey=Early', 1);

    const all = new RequestIds(uuidv7());
    const planner = service.app.get(ReplayPlanner);
    const { replays } = await planner.plan({ typeKey: ['Early', 'Later'], status: ['FAILED'] });
    expect(replays.map(({ sync }) => sync.typeKey)).toEqual(['Later']);
    const early = await service.app.get(SyncReader).get(failed!.id);
    const first = await replayer.replayAll([...replays, { sync: early, originalCallId: early.callId }], asked, all);
    await settled('trigger=REPLAY&typeKey=Early&typeKey=Later', 3);
    expect(await replayer.replayAll([], asked, all)).toEqual(first);
    expect(await history('trigger=REPLAY&typeKey=Early&typeKey=Later')).toHaveLength(3);
  });

  it('that another process has begun, or this one is busy with, is not sent from here', async () => {
    const [sent] = await deploy(['Elsewhere']);
    const id = uuidv7();
    const item = { typeKey: 'Elsewhere', data: type('Elsewhere'), syncId: id, replayOf: sent!.id };
    const context = { environment: 'default', actor: 'jane', trigger: 'REPLAY' as const };
    const push = () =>
      service.app
        .get(PlatformRegistry)
        .get('optimizely')
        .push({ items: [item], context });
    await outage(true);
    const both = await Promise.allSettled([push(), push()]);
    const codes = both.map((end) => (end as PromiseRejectedResult & { reason: { code: string } }).reason.code);
    expect(new Set(codes)).toEqual(new Set(['SYNC_UNDER_WAY', 'UNAVAILABLE']));
    await outage(false);
    await expect(push()).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { body } = await service.api('GET', `/sync/${id}?include=events`);
    expect(body).toMatchObject({ status: 'FAILED', errorCode: 'UNAVAILABLE' });
  });

  it('that another process has taken over meanwhile is neither sent nor settled from here', async () => {
    const id = uuidv7();
    const context = { environment: 'default', actor: 'jane', trigger: 'REPLAY' as const };
    const item = { typeKey: 'TakenOver', syncId: id, data: type('TakenOver') };
    const told = { platform: 'optimizely', direction: 'PUSH' as const, context };
    await service.app.get(PendingSyncs).reserve([{ ...told, id, typeKey: item.typeKey, data: item.data }]);
    await sql(service.databaseUrl, 'update sync_history set owner = $2 where id = $1', [id, uuidv7()]);
    const sent = (await journal(sandbox.url)).length;
    const push = service.app
      .get(PlatformRegistry)
      .get('optimizely')
      .push({ items: [item], context });
    await expect(push).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { body } = await service.api('GET', `/sync/${id}?include=events`);
    expect(body).toMatchObject({ status: 'IN_PROGRESS', events: [{ type: 'sync.recorded' }] });
    expect(await journal(sandbox.url)).toHaveLength(sent);

    const theirs = uuidv7();
    const begun = { ...told, id: theirs, typeKey: item.typeKey, data: item.data };
    await service.app.get(SyncHistoryService).recordSyncAttempt(begun);
    await sql(service.databaseUrl, 'update sync_history set owner = $2 where id = $1', [theirs, uuidv7()]);
    expect(await service.app.get(PendingSyncs).reserve([begun])).toBe(false);
    expect(service.app.get(PendingSyncs).isReserved(theirs)).toBe(false);
  });

  it('that would send other content than was recorded is not sent', async () => {
    const [id, context] = [uuidv7(), { environment: 'default', actor: 'jane', trigger: 'REPLAY' as const }];
    const pending = service.app.get(PendingSyncs);
    const reserved = { id, platform: 'optimizely', direction: 'PUSH' as const, context, typeKey: 'Altered' };
    await pending.reserve([{ ...reserved, pushedDigest: 'a'.repeat(64) }]);
    const sent = (await journal(sandbox.url)).length;
    const item = { typeKey: 'Altered', syncId: id, data: type('Altered') };
    const push = service.app
      .get(PlatformRegistry)
      .get('optimizely')
      .push({ items: [item], context });
    await expect(push).rejects.toMatchObject({ code: 'PAYLOAD_CHANGED', httpStatus: 409 });
    expect(await journal(sandbox.url)).toHaveLength(sent);
    expect(pending.isReserved(id)).toBe(true);
    await pending.cancel([id], new Error('no'));
    expect((await service.api('GET', `/sync/${id}`)).body).toMatchObject({ status: 'FAILED' });
  });

  it('keeps what it sends, also where retention has dropped that', async () => {
    const definition = { ...type('Dropped'), lastModified: '2026-11-26T00:00:00Z' };
    await outage(true);
    await service.api('POST', '/content-types/import', { contentTypes: [definition] });
    const begun = await service.api('POST', '/deployments', {
      ...{ platform: 'optimizely', actor: 'jane', items: [{ typeKey: 'Dropped' }] },
    });
    const [failed] = await settled(`deploymentId=${(begun.body as { id: string }).id}`, 1);
    await outage(false);
    await sql(service.databaseUrl, 'delete from snapshot where digest = $1', [failed!.pushedDigest]);
    const { body } = await service.api('POST', `/sync/${failed!.id}/replay`, asked);
    await settled('trigger=REPLAY&typeKey=Dropped', 1);
    const kept = await service.api('GET', `/sync/${(body as Sync).id}/snapshot`);
    expect(kept.body).toMatchObject({ sent: { content: type('Dropped') } });
  });

  it('of a batch records why one of it is not sent', async () => {
    const { body: outside } = await service.api('POST', '/sync', {
      ...{ platform: 'optimizely', direction: 'PUSH', typeKey: 'Foreign', actor: 'omar' },
      ...{
        data: { key: 'Foreign', lastModified: '2026-11-26T00:00:00Z' },
        result: { status: 'FAILED', error: { code: 'REFUSED', message: 'No' } },
      },
    });
    const filter = { typeKey: 'Foreign' };
    expect((await service.api('POST', '/sync/replay', { ...asked, filter })).body).toMatchObject({ replays: 1 });
    const [replay] = await settled('trigger=REPLAY&typeKey=Foreign', 1);
    expect(replay).toMatchObject({ status: 'FAILED', errorCode: 'NOT_REPLAYABLE', replayOf: (outside as Sync).id });
  });

  it.each([
    [undefined],
    [null],
    ['x'],
    [[]],
    [[{}]],
    [{}],
    [{ typeKey: [1] }],
    [{ last: '1h', startDate: '2026-01-01' }],
    [{ dateField: 'completed' }],
    [{ targetPlatfrom: ['optimizely'] }],
    [{ status: ['FAILED'], syncStatus: ['PARTIAL'] }],
    [{ dateRange: { from: '2026-01-01' } }],
  ])('of the filter %j is refused, and begins nothing', async (filter) => {
    const before = await history('trigger=REPLAY');
    const { status, body } = await service.api('POST', '/sync/replay', { ...asked, filter });
    expect([status, body]).toMatchObject([400, { code: expect.stringMatching('^INVALID_(REQUEST|FILTER)$') }]);
    expect(await history('trigger=REPLAY')).toHaveLength(before.length);
  });

  it('needs a reason, and content', async () => {
    const [sync] = await deploy(['Asked']);
    const { status, body } = await service.api('POST', `/sync/${sync!.id}/replay`, { actor: 'jane' });
    expect([status, body]).toMatchObject([400, { detail: expect.stringContaining('reason') }]);
    await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
    const [pull] = await history('direction=PULL&limit=1');
    const refused = await service.api('POST', `/sync/${pull!.id}/replay`, asked);
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'NOT_REPLAYABLE' }]);
    const pulls = await service.api('POST', '/sync/replay', { ...asked, filter: { direction: ['PULL'] } });
    expect([pulls.status, pulls.body]).toMatchObject([400, { code: 'INVALID_FILTER' }]);
  });
});
