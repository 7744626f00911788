import { setTimeout as wait } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { connectSql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

interface Page {
  items: { position: number; type: string; data: { epoch?: string; previous?: string; after?: number } }[];
  next: string;
  code?: string;
  continueAfter?: string;
}

describe('after the database was restored or has failed over', () => {
  let services: TestApp[];
  let databases: TestDatabase[];
  beforeEach(() => {
    services = [];
    databases = [];
  });
  afterEach(async () => {
    for (const service of services) await service.close();
    for (const database of databases) await database.drop();
  });

  const start = async (database: TestDatabase) => {
    const service = await startTestApp({ DATABASE_URL: database.url });
    services.push(service);
    return service;
  };
  const stop = async (service: TestApp) => {
    services.splice(services.indexOf(service), 1);
    await service.close();
  };
  const create = async (options?: Parameters<typeof createTestDatabase>[0]) => {
    const database = await createTestDatabase(options);
    databases.push(database);
    return database;
  };
  const read = async (service: TestApp, after: string | number) =>
    (await service.api('GET', `/sync/events?after=${after}`)) as { status: number; body: Page };
  /** Writes events, and gives the place after the last of them. */
  const write = async (service: TestApp, count: number): Promise<Page> => {
    const sql = await connectSql(service.databaseUrl);
    await sql(
      `select add_service_event(event, epoch_event, 'sync.recorded', '{}')
       from unnest($1::uuid[], $2::uuid[]) as e (event, epoch_event)`,
      [0, 1].map(() => Array.from({ length: count }, () => uuidv7())),
    );
    await sql.close();
    return (await read(service, 0)).body;
  };
  const position = (place: string) => Number(place.split('-')[1]);
  const epoch = (place: string) => place.split('-')[0]!;

  it('a reader beyond what was restored is told so, and every other goes on', async () => {
    const original = await create();
    const first = await start(original);
    const early = await write(first, 3);
    expect([early.next, early.items.length]).toEqual([expect.stringMatching(/^[0-9a-f]{12}-3$/), 3]);
    await stop(first);
    const restored = await create({ copyOf: original.url });
    const again = await start(original);
    const late = await write(again, 4);
    expect(late.next).toBe(`${epoch(early.next)}-7`);
    expect(late.items.map(({ type }) => type)).not.toContain('epoch.began');

    const service = await start(restored);
    // Before anything is recorded, the end of what there is tells.
    expect(await read(service, late.next)).toMatchObject({ status: 410, body: { code: 'EPOCH_CHANGED' } });
    expect(await read(service, early.next)).toMatchObject({ status: 200, body: { items: [] } });
    const now = await write(service, 6);
    const begun = now.items.find(({ type }) => type === 'epoch.began');
    expect(begun).toMatchObject({ data: { epoch: epoch(now.next), previous: epoch(early.next), after: 3 } });
    expect(epoch(now.next)).not.toBe(epoch(early.next));

    for (const gone of [late.next, '7', '4']) {
      expect([gone, await read(service, gone)]).toMatchObject([
        gone,
        { status: 410, body: { code: 'EPOCH_CHANGED', continueAfter: `${epoch(now.next)}-3` } },
      ]);
    }
    for (const good of [early.next, '3', `${epoch(now.next)}-3`]) {
      const { body } = await read(service, good);
      expect([good, body.items.map((item) => item.position)]).toEqual([good, [4, 5, 6, 7, 8, 9, 10]]);
    }
    expect(await read(service, `${'0'.repeat(12)}-1`)).toMatchObject({
      status: 410,
      body: { continueAfter: `${epoch(now.next)}-0` },
    });
    const headers = { accept: 'text/event-stream', 'last-event-id': late.next };
    const stream = await fetch(`${service.url}/api/v1/sync/events`, { headers });
    expect([stream.status, await stream.json()]).toMatchObject([410, { code: 'EPOCH_CHANGED' }]);
  });

  it('a restart, and another replica, begin no epoch', async () => {
    const database = await create();
    const { next } = await write(await start(database), 2);
    const { next: after } = await write(await start(database), 2);
    expect([epoch(after), position(after)]).toEqual([epoch(next), 4]);
  });

  it('a stream that is ahead of what is there now ends, and one that is not goes on in the new epoch', async () => {
    const service = await start(await create());
    const { next } = await write(service, 5);
    const sql = await connectSql(service.databaseUrl);
    const stream = await fetch(`${service.url}/api/v1/sync/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': next },
    });
    const chunks = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    await chunks.read();
    await sql(`update event_epoch set server = 'another'`);
    await write(service, 1);
    let text = '';
    while (!text.includes('sync.recorded')) text += (await chunks.read()).value;
    expect(text).toMatch(/id: [0-9a-f]{12}-7\n/);
    expect(text).toContain('event: epoch.began');
    expect(text).not.toContain(`id: ${epoch(next)}-`);
    // The same server, put back to where it was: only the end of what there is tells.
    await sql(`alter table sync_event disable trigger user`);
    await sql(`delete from sync_event where position > 2`);
    await sql(`update event_position set last = 2`);
    const ended = (async () => {
      while (!(await chunks.read()).done);
      return 'ended';
    })();
    expect(await Promise.race([ended, wait(10_000)])).toBe('ended');
    await sql.close();
  });
});
