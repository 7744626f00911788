import type { JsonObject } from '#json';
import { TargetExport, TargetModel } from '#live';
import { PlatformRegistry } from '#platform';
import { MemoryShop } from '../support/memory-shop.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const ITEMS = 90;
const TARGET = { platform: 'shop', environment: 'default' };

let service: TestApp;
let sql: Sql;
const definitions: Record<string, JsonObject> = {};

beforeAll(async () => {
  service = await startTestApp({}, {}, undefined, [MemoryShop]);
  sql = await connectSql(service.databaseUrl);
  for (let n = 0; n < ITEMS; n += 1) {
    const typeKey = `Type${String(n).padStart(3, '0')}`;
    definitions[typeKey] = { key: typeKey, text: 'x'.repeat(1_000), title: `größer, "${n}", {"$definition":1}` };
  }
  const shop: { push(call: object): Promise<unknown> } = service.app.get(MemoryShop);
  const context = { environment: 'default', actor: 'jane', trigger: 'API' };
  await shop.push({ items: Object.entries(definitions).map(([typeKey, data]) => ({ typeKey, data })), context });
});
afterAll(async () => {
  await sql.close();
  await service.close();
});

const whole = () => {
  const items = Object.entries(definitions).map(([typeKey, definition]) => ({
    ...{ kind: 'contentType', typeKey, definition },
  }));
  return JSON.stringify(service.app.get(PlatformRegistry).model('shop').writeExport(items));
};
const query = 'platform=shop&format=export';

/** The content of the last item cannot be read any more; the answer brings it back. */
async function spoilLast(): Promise<() => Promise<unknown>> {
  const [last] = await sql<{ digest: string; content: Buffer }>(
    `select s.digest, s.content from snapshot s join content_type_version v on v.snapshot_digest = s.digest
     order by v.type_key desc limit 1`,
  );
  const set = (content: Buffer) => sql('update snapshot set content = $2 where digest = $1', [last!.digest, content]);
  await set(Buffer.from(last!.content.map((byte) => byte ^ 1)));
  return () => set(last!.content);
}

it('is the file that the platform makes of all definitions, sent while it is read', async () => {
  const answer = await fetch(`${service.url}/api/v1/live?${query}`);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    ...{ 'content-type': 'application/json; charset=utf-8', 'transfer-encoding': 'chunked' },
    'content-disposition': 'attachment; filename="shop-default.json"',
  });
  expect(await answer.text()).toBe(whole());
});

it('answers HEAD without content', async () => {
  const answer = await fetch(`${service.url}/api/v1/live?${query}`, { method: 'HEAD' });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
});

it('reads a few definitions at a time', async () => {
  const items = await service.app.get(TargetModel).items(TARGET);
  const exported = await service.app.get(TargetExport).open('shop', items);
  let text = '';
  let restore: (() => Promise<unknown>) | undefined;
  const read = async () => {
    for await (const piece of exported) {
      text += piece;
      restore ??= await spoilLast();
    }
  };
  await expect(read()).rejects.toThrow('damaged');
  await restore!();
  expect(whole().startsWith(text)).toBe(true);
  expect(text).toContain('Type070');
});

it('breaks off when a content cannot be read, so that nobody takes a part for the whole', async () => {
  const restore = await spoilLast();
  const answer = await fetch(`${service.url}/api/v1/live?${query}`);
  await expect(answer.text()).rejects.toThrow('terminated');
  await restore();
  expect(await (await fetch(`${service.url}/api/v1/live?${query}`)).text()).toBe(whole());
});

it('is refused with the items whose content is not known', async () => {
  await sql(`update live_state set state = 'UNKNOWN', version_hash = null where type_key = 'Type003'`);
  const { status, body } = await service.api('GET', `/live?${query}`);
  expect([status, body]).toMatchObject([409, { code: 'LIVE_STATE_INCOMPLETE' }]);
});
