import { once } from 'node:events';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { SyncWriter } from '#recording';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { connectSql, ProjectedClient } from '../support/sql.ts';

interface Event {
  position: number;
  id: string;
}

/** One reader of the stream; `events` grows as they come. */
class StreamReader {
  readonly events: Event[] = [];
  private response: IncomingMessage | undefined;
  private lastSeen: string | undefined;
  private readonly waiting: { count: number; done: () => void }[] = [];

  constructor(private readonly url: string) {}

  get lastId(): string | undefined {
    return this.lastSeen;
  }

  connect(headers: Record<string, string> = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      get(this.url, { headers: { accept: 'text/event-stream', ...headers } }, (response) => {
        this.response = response;
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          const messages = text.split('\n\n');
          text = messages.pop()!;
          for (const message of messages) this.take(message);
        });
        response.on('error', () => undefined);
        resolve(response.statusCode!);
      }).on('error', reject);
    });
  }

  cut(): void {
    this.response?.destroy();
  }

  until(count: number): Promise<void> {
    if (this.events.length >= count) return Promise.resolve();
    return new Promise((done) => this.waiting.push({ count, done }));
  }

  private take(message: string): void {
    const lines = message.split('\n');
    const data = lines.find((line) => line.startsWith('data: '));
    if (!data) return;
    const event = JSON.parse(data.slice(6)) as Event;
    const id = lines.find((line) => line.startsWith('id: '))?.slice(4);
    if (!id?.endsWith(`-${event.position}`)) throw new Error(`no id of its own: ${message}`);
    this.lastSeen = id;
    this.events.push(event);
    for (const { count, done } of this.waiting) if (this.events.length >= count) done();
  }
}

/** Records syncs, one after another; the answer is the ids of their events. */
async function write(service: TestApp, syncs: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < syncs; i += 1) {
    const eventIds = { recorded: uuidv7(), finished: uuidv7() };
    ids.push(eventIds.recorded);
    const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
    const sync = { typeKey: 'Article', platform: 'shop', direction: 'PUSH' as const, context, eventIds };
    await service.app.get(SyncWriter).record([{ ...sync, expiresInMs: 60_000 }]);
    await wait(Math.random() * 30);
  }
  return ids;
}

describe('events', () => {
  it('are seen by every reader once, in order, whoever writes, and whichever replica is asked', async () => {
    const database = await createTestDatabase();
    const replicas = [
      await startTestApp({ DATABASE_URL: database.url }),
      await startTestApp({ DATABASE_URL: database.url }),
    ];
    const reader = new StreamReader(`${replicas[0]!.url}/api/v1/sync/events?after=0`);
    await reader.connect();
    const cuts = (async () => {
      for (let cut = 0; cut < 20; cut += 1) {
        await reader.until(reader.events.length + 3);
        reader.cut();
        const other = replicas[cut % 2]!;
        Object.assign(reader, { url: `${other.url}/api/v1/sync/events` });
        await reader.connect({ 'last-event-id': reader.lastId ?? '0' });
      }
    })();
    const written = (
      await Promise.all(Array.from({ length: 8 }, (_, index) => write(replicas[index % 2]!, 30)))
    ).flat();
    await reader.until(written.length);
    // Whatever is left of the cuts waits for more events than there are.
    void cuts;

    const paged: Event[] = [];
    for (let next = '0'; ;) {
      const { body } = await replicas[1]!.api('GET', `/sync/events?after=${next}&limit=37`);
      const page = body as { items: Event[]; next: string };
      if (page.items.length === 0) break;
      paged.push(...page.items);
      next = page.next;
    }
    reader.cut();
    const expected = Array.from({ length: written.length }, (_, index) => index + 1);
    expect(paged.map(({ position }) => position)).toEqual(expected);
    expect(paged.map(({ id }) => id).toSorted()).toEqual(written.toSorted());
    expect(reader.events.map(({ position }) => position)).toEqual(expected);
    expect(reader.events.map(({ id }) => id)).toEqual(paged.map(({ id }) => id));
    for (const replica of replicas) await replica.close();
    await database.drop();
  }, 90_000);

  describe('of one service', () => {
    let service: TestApp;
    beforeAll(async () => {
      service = await startTestApp();
    });
    afterAll(() => service?.close());

    it('begin at now unless a place is given', async () => {
      const [, last] = [await write(service, 2), await settledPosition(service)];
      const reader = new StreamReader(`${service.url}/api/v1/sync/events`);
      await reader.connect();
      await write(service, 1);
      await reader.until(1);
      expect(reader.events[0]!.position).toBe(last + 1);
      reader.cut();
    });

    it('are not begun at a place that is none, nor for a request that wants only the head', async () => {
      const headers = { accept: 'text/event-stream', 'last-event-id': 'the last one' };
      const refused = await fetch(`${service.url}/api/v1/sync/events`, { headers });
      expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
      for (const path of ['/sync/events', '/sync/history/export']) {
        const response = await fetch(`${service.url}/api/v1${path}`, {
          method: 'HEAD',
          headers: { accept: '*/*, text/event-stream' },
        });
        expect([response.status, await response.text()]).toEqual([200, '']);
      }
    });

    it('are cut for a reader that stands still, who resumes where it was', async () => {
      const last = await settledPosition(service);
      const database = new ProjectedClient({ connectionString: service.databaseUrl });
      await database.connect();
      // More than the sockets between us hold.
      await database.query(
        `select add_service_event(id, gen_random_uuid(), 'sync.recorded', json_build_object('text', repeat('x', 100000)))
         from unnest($1::uuid[]) id`,
        [Array.from({ length: 150 }, () => uuidv7())],
      );
      await database.end();
      const server: Server = service.app.getHttpServer();
      const [response, socket] = await Promise.all([
        standingStill(`${service.url}/api/v1/sync/events?after=${last}`),
        once(server, 'connection').then(([socket]) => socket as Socket),
      ]);
      await once(socket, 'close');
      const received = await readWhatCame(response);
      expect(received).toBeGreaterThan(0);
      expect(received).toBeLessThan(150);

      const reader = new StreamReader(`${service.url}/api/v1/sync/events`);
      await reader.connect({ 'last-event-id': String(last + received) });
      await reader.until(150 - received);
      expect(reader.events[0]!.position).toBe(last + received + 1);
      expect(reader.events.at(-1)!.position).toBe(last + 150);
      reader.cut();
    }, 60_000);

    it('end with the service, whatever happens meanwhile', async () => {
      const stopping = await startTestApp({ DATABASE_URL: service.databaseUrl });
      const readers = Array.from({ length: 20 }, () => new StreamReader(`${stopping.url}/api/v1/sync/events`));
      await Promise.all(readers.map((reader) => reader.connect()));
      const writing = write(service, 30);
      await readers[0]!.until(1);
      await stopping.close();
      const written = await writing;
      expect(written).toContain(readers[0]!.events.at(-1)!.id);
    });

    it('are refused with 429 beyond the limit of streams', async () => {
      const readers = Array.from({ length: 200 }, () => new StreamReader(`${service.url}/api/v1/sync/events`));
      const statuses = await Promise.all(readers.map((reader) => reader.connect()));
      expect(new Set(statuses)).toEqual(new Set([200]));
      const { status, headers } = await fetch(`${service.url}/api/v1/sync/events`, {
        headers: { accept: 'text/event-stream' },
      });
      expect([status, headers.get('content-type')]).toEqual([429, expect.stringContaining('application/problem+json')]);
      for (const reader of readers) reader.cut();
    });
  });
});

/** A reader that asks, and then takes nothing. */
function standingStill(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => resolve(response.pause())).on(
      'error',
      reject,
    );
  });
}

/** How many whole events had come before the end. */
async function readWhatCame(response: IncomingMessage): Promise<number> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  } catch {
    // It was cut.
  }
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((message) => message.includes('\ndata: ')).length;
}

async function settledPosition(service: TestApp): Promise<number> {
  const sql = await connectSql(service.databaseUrl);
  const [row] = await sql<{ last: string }>('select last from event_position');
  await sql.close();
  return Number(row!.last);
}
