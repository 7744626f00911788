import { AsyncLocalStorage } from 'node:async_hooks';
import { inBackground } from '#pace';
import { PlatformRegistry } from '#platform';
import { SyncRecorder, SyncWriter } from '#recording';
import { settled } from '../support/deployments.ts';
import { turnsDuring } from '../support/event-loop.ts';
import { sql } from '../support/fsck.ts';
import { MemoryShop } from '../support/memory-shop.ts';
import { rests } from '../support/rests.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const SHOP = { platform: 'shop', environment: 'default', actor: 'jane', reason: 'Who rests?' };
const CONTENT = { key: 'Article', displayName: 'Article' };

let service: TestApp;
let shop: MemoryShop;
/** The calls to the shop, and whether they rested. */
let calls: string[];

beforeEach(async () => {
  service = await startTestApp({}, {}, '127.0.0.1', [MemoryShop]);
  shop = service.app.get(MemoryShop);
  calls = [];
  shop.hooks.onCall = async (direction) => {
    calls.push(`${direction} ${(await rests()) ? 'rests' : 'does not rest'}`);
  };
  await service.api('PUT', '/content-types/Article?author=jane&platform=shop', CONTENT);
});
afterEach(() => service.close());

const post = async (path: string, body: object): Promise<{ id: string }> => {
  const answer = await service.api('POST', path, body);
  expect(answer.status).toBeLessThan(300);
  return answer.body;
};

it('a deployment rests, from its plan to its verification', async () => {
  const plan = await post('/plans', SHOP);
  const { id } = await post('/deployments', { planId: plan.id, actor: 'jane' });
  expect(await settled(service.api, id)).toMatchObject({ status: 'SUCCESS' });
  expect(calls).toEqual(['PULL rests', 'PULL rests', 'PUSH rests', 'PULL rests']);
});

it('background work rests while somebody records', async () => {
  const record = AsyncLocalStorage.bind(() => void service.app.get(SyncRecorder).start([]));
  expect(await inBackground(() => rests(record))).toBe(true);
});

it('a scheduled pull rests', async () => {
  const { id } = await post('/watches', { ...SHOP, cron: '0 3 * * *', timeZone: 'Europe/Berlin' });
  await sql(service.databaseUrl, 'update watch set next_at = clock_timestamp() where id = $1', [id]);
  await until('it has run', () => Promise.resolve(calls.length > 0));
  expect(calls).toEqual(['PULL rests']);
});

it('what somebody waits for does not rest: a push, its read-back, and a pull', async () => {
  const note = shop.hooks.onCall!;
  shop.hooks.onCall = async (direction) => {
    await note(direction);
    if (direction === 'PUSH') throw new Error('Nobody knows');
  };
  const context = { environment: 'default', actor: 'ann', trigger: 'API' as const };
  const adapter = service.app.get(PlatformRegistry).at(SHOP);
  await expect(adapter.push({ items: [{ typeKey: 'Article', data: CONTENT }], context })).rejects.toThrow(
    'Nobody knows',
  );
  await post('/platforms/shop/pull', { actor: 'ann' });
  expect(new Set(calls)).toEqual(new Set(['PUSH does not rest', 'PULL does not rest']));
  expect(calls.length).toBeGreaterThan(2);
});

it('a batch gives way to others while it is prepared', async () => {
  const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
  const syncs = Array.from({ length: 1_000 }, (_, index) => ({
    ...{ platform: 'shop', direction: 'PUSH' as const, typeKey: `Type${index}`, context },
    data: { index, texts: Array.from({ length: 100 }, (_text, at) => `${index} ${at}`) },
  }));
  expect(await turnsDuring(() => service.app.get(SyncWriter).prepareAll(syncs))).toBeGreaterThan(3);
});
