import type { JsonObject } from '#json';
import { PlatformRegistry, type SyncItem } from '#platform';
import { SnapshotService } from '#snapshot';
import { ReadBack, SyncHistoryService } from '#tracking';
import { ContentTypeHasher, VersionHistoryService } from '#versioning';
import { databaseDump } from '../support/database-dump.ts';
import { MemoryShop } from '../support/memory-shop.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const SECRET = 'n0b0dys-bus1ness';
const MARK = /^\[redacted: 16 characters, #[0-9a-f]{12}\]$/;
const TARGET = { platform: 'shop', environment: 'default' };
const context = { environment: 'default', actor: 'ann', trigger: 'API' as const };
const article = (secret: string): JsonObject => ({ name: 'Article', settings: { apiKey: secret } });

describe('a push whose content has a secret', () => {
  let service: TestApp;
  let shop: MemoryShop;

  beforeAll(async () => {
    service = await startTestApp({}, {}, undefined, [MemoryShop]);
    shop = service.app.get(MemoryShop, { strict: false });
  });
  afterAll(() => service?.close());

  const push = (...items: SyncItem[]) => service.app.get(PlatformRegistry).at(TARGET).push({ items, context });
  const pull = () => service.api('POST', '/platforms/shop/pull', { actor: 'ann' });
  async function newest(typeKey: string): Promise<Record<string, never> & { id: string; versionHash: string }> {
    const { body } = await service.api('GET', `/sync/history?typeKey=${typeKey}&limit=1`);
    return (body as { items: never[] }).items[0]!;
  }
  async function refused(method: string, path: string, body?: object): Promise<object> {
    const answer = await service.api(method, path, body);
    return { status: answer.status, ...(answer.body as object) };
  }

  it('is sent as it is and recorded without the secret, and says both', async () => {
    await push({ typeKey: 'Sent', data: article(SECRET) });
    expect(shop.held.get('Sent')).toEqual(article(SECRET));
    const { id } = await newest('Sent');
    const { body: sync } = await service.api('GET', `/sync/${id}`);
    expect(sync).toMatchObject({
      status: 'SUCCESS',
      pushedRedactions: { count: 1, marks: [{ pointer: '/settings/apiKey', length: 16 }] },
      responseRedactions: null,
    });
    const { body: snapshot } = await service.api('GET', `/sync/${id}/snapshot`);
    const { content } = (snapshot as { sent: { content: { settings: { apiKey: string } } } }).sent;
    expect(content.settings.apiKey).toMatch(MARK);
    const { body: events } = await service.api('GET', `/sync/${id}/events`);
    expect((events as { items: { data: object }[] }).items[0]!.data).toMatchObject({ pushedRedactions: { count: 1 } });
    expect(await databaseDump(service.databaseUrl)).not.toContain(SECRET);
  });

  it('is the version that a pull finds there, and another secret is another version', async () => {
    await push({ typeKey: 'Compared', data: article(SECRET) });
    const { versionHash } = await newest('Compared');
    await pull();
    const pulled = await newest('Compared');
    expect(pulled).toMatchObject({ direction: 'PULL', versionHash, responseRedactions: { count: 1 } });
    expect(await liveState('Compared')).toMatchObject({ state: 'PRESENT', versionHash, evidence: 'OBSERVED' });
    shop.held.set('Compared', article('s0mebody-els3s-k'));
    await pull();
    expect((await newest('Compared')).versionHash).not.toBe(versionHash);
    expect(await liveState('Compared')).toMatchObject({ drift: true });
    expect(await databaseDump(service.databaseUrl)).not.toMatch(/n0b0dys|s0mebody/);
  });

  async function liveState(typeKey: string): Promise<object> {
    const { body } = await service.api('GET', `/live?platform=shop&environment=default`);
    const found = (body as { items: ({ typeKey: string } & Record<string, unknown>)[] }).items;
    return found.find((item) => item.typeKey === typeKey)!;
  }

  it('is not sent again from the record: a replay, a deployment and an import are refused, and name the pointer', async () => {
    await push({ typeKey: 'Again', data: article(SECRET) });
    const { id, versionHash } = await newest('Again');
    const items = [{ kind: 'contentType', typeKey: 'Again', count: 1, pointers: ['/settings/apiKey'] }];
    const problem = {
      status: 409,
      code: 'CONTENT_REDACTED',
      items,
      detail: expect.stringContaining('"/settings/apiKey"'),
    };
    const calls = shop.held.size;
    const why = { actor: 'ann', reason: 'again' };
    expect(await refused('POST', `/sync/${id}/replay`, { ...why, includeHealed: true })).toMatchObject(problem);
    const item = { typeKey: 'Again', versionHash };
    expect(await refused('POST', '/deployments', { ...TARGET, ...why, items: [item] })).toMatchObject(problem);
    shop.held.delete('Again');
    await pull();
    expect(await refused('POST', '/plans', { ...TARGET, ...why, items: [item] })).toMatchObject(problem);
    await expect(push({ typeKey: 'Again', data: await definitionOf('Again', versionHash) })).rejects.toMatchObject({
      code: 'CONTENT_REDACTED',
      details: { items },
    });
    expect(await refused('PUT', '/content-types/Again?platform=shop', article(SECRET))).toMatchObject({
      ...problem,
      status: 422,
      code: 'SECRET_IN_DEFINITION',
    });
    expect(shop.held.size).toBe(calls - 1);
  });

  async function definitionOf(typeKey: string, versionHash: string): Promise<JsonObject> {
    const versions = service.app.get(VersionHistoryService, { strict: false });
    const version = await versions.byHash({ platform: 'shop', kind: 'contentType', typeKey }, versionHash);
    return (await versions.definitions([version]))[0]!.definition;
  }

  it('is replayed in a batch by no call, and each replay says why', async () => {
    await push({ typeKey: 'Batch', data: article(SECRET) }, { typeKey: 'Plain', data: { name: 'Plain' } });
    const request = { actor: 'ann', reason: 'again', filter: { typeKey: ['Batch', 'Plain'] }, includeHealed: true };
    expect((await service.api('POST', '/sync/replay', request)).status).toBe(202);
    await until(
      async () => (await newest('Plain')).status === ('SUCCESS' as never) && (await newest('Plain')).replayOf !== null,
    );
    expect(await newest('Batch')).toMatchObject({
      status: 'FAILED',
      outcome: 'NOT_APPLIED',
      errorCode: 'CONTENT_REDACTED',
    });
    expect(shop.held.get('Batch')).toEqual(article(SECRET));
  });

  it('of which nobody knows the outcome is compared with what stands there, secret against secret', async () => {
    const history = service.app.get(SyncHistoryService);
    const other = article('s0mebody-els3s-k');
    const ids = new Map<string, string>();
    for (const [typeKey, held] of [
      ['Other', other],
      ['Arrived', article(SECRET)],
    ] as const) {
      const data = article(SECRET);
      const { id } = await history.recordSyncAttempt({ ...TARGET, typeKey, direction: 'PUSH', context, data });
      ids.set(typeKey, id);
      const error = { code: 'TIMEOUT', message: 'No answer came' };
      await history.updateSyncStatus(id, { status: 'FAILED', outcome: 'UNKNOWN', error });
      shop.held.set(typeKey, held);
      await pull();
    }
    // Observations are concluded in their order.
    await until(async () => (await outcomeOf(ids.get('Arrived')!)) === 'APPLIED');
    expect(await outcomeOf(ids.get('Other')!)).toBe('UNKNOWN');
  });

  async function outcomeOf(id: string): Promise<string> {
    const { body } = await service.api('GET', `/sync/${id}`);
    return (body as { outcome: string }).outcome;
  }

  it('is read back by the process that has it, and by another that has what is recorded', async () => {
    const readBack = service.app.get(ReadBack);
    const snapshots = service.app.get(SnapshotService, { strict: false });
    for (const [typeKey, held, outcome] of [
      ['BackHere', article(SECRET), 'APPLIED'],
      ['BackOther', article('s0mebody-els3s-k'), 'UNKNOWN'],
    ] as const) {
      shop.held.set(typeKey, held);
      const recorded = await snapshots.read((await snapshots.captureSnapshot(article(SECRET))).digest);
      expect(recorded).not.toEqual(article(SECRET));
      for (const payload of [article(SECRET), recorded]) {
        const doubt = { id: typeKey, kind: 'contentType', typeKey, versionHash: null, payload };
        const verdicts = await readBack.resolve(TARGET, [doubt], { withinMs: 0 });
        expect(verdicts.get(typeKey)).toMatchObject({ outcome });
        // What stood there before proves nothing.
        shop.held.delete(typeKey);
        await pull();
        shop.held.set(typeKey, held);
      }
    }
  });

  it('keeps the version hash that another system has of the content with its secret', async () => {
    const versionHash = new ContentTypeHasher().generateHash(article(SECRET));
    const sync = { ...TARGET, platform: 'elsewhere', direction: 'PUSH', typeKey: 'Foreign', actor: 'ann' };
    const { status, body } = await service.api('POST', '/sync', { ...sync, data: article(SECRET), versionHash });
    expect(status).toBe(201);
    const recorded = (await service.api('GET', `/sync/${(body as { id: string }).id}`)).body as { versionHash: string };
    expect(recorded.versionHash).toMatch(/^[0-9a-f]{64}$/);
    expect(recorded.versionHash).not.toBe(versionHash);
  });
});

describe('the names that a platform adds', () => {
  it('count for that platform, and exceptions do', async () => {
    const env = { REDACT_KEYS: 'iban,shop/badge', REDACT_EXCEPT: 'shop/apiKey' };
    const service = await startTestApp(env, {}, undefined, [MemoryShop]);
    const data = { iban: 'DE0012', badge: 'b4dge', apiKey: 'a-name' };
    const recordedIn = async (platform: string) => {
      const sync = { platform, environment: 'default', direction: 'PULL', typeKey: 'A', actor: 'ann', data };
      const { body } = await service.api('POST', '/sync', sync);
      const { id } = body as { id: string };
      await service.api('PATCH', `/sync/${id}/status`, { status: 'SUCCESS', metadata: data });
      const { body: snapshot } = await service.api('GET', `/sync/${id}/snapshot`);
      const { body: shown } = await service.api('GET', `/sync/${id}`);
      const { metadata } = shown as { metadata: object };
      return [(snapshot as { received: { content: object } }).received.content, metadata];
    };
    const mark = expect.stringContaining('[redacted: ');
    for (const kept of await recordedIn('shop')) expect(kept).toEqual({ iban: mark, badge: mark, apiKey: 'a-name' });
    for (const kept of await recordedIn('other')) expect(kept).toEqual({ iban: mark, badge: 'b4dge', apiKey: mark });
    await service.close();
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
