import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JsonObject } from '#json';
import type { Contender } from '../rounds.ts';

/** Queues that keep finished jobs, as people use them for a record of what ran. They are no dependencies of ours. */
export interface Queues {
  contenders: Contender[];
  /** Why the others do not take part. */
  absent: string[];
  close(): Promise<void>;
}

interface Opened {
  contender: Contender;
  close: () => Promise<unknown>;
}

export async function openQueues(url: string, payload: JsonObject, connections: number): Promise<Queues> {
  const opened: Opened[] = [];
  const absent: string[] = [];
  const open = {
    'pg-boss': () => openPgBoss(url, payload, connections),
    BullMQ: () => openBullMq(payload, connections),
  };
  for (const [name, start] of Object.entries(open)) {
    try {
      opened.push(await start());
    } catch (error) {
      absent.push(`${name} did not take part: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return {
    contenders: opened.map(({ contender }) => contender),
    absent,
    close: async () => {
      for (const { close } of opened) await close();
    },
  };
}

interface PgBoss {
  start(): Promise<unknown>;
  on(event: 'error', listener: () => void): void;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object, options: object): Promise<unknown>;
  fetch(name: string): Promise<{ id: string }[]>;
  complete(name: string, id: string, data: object): Promise<unknown>;
  stop(options: object): Promise<void>;
}

/** More would leave the other contenders no connections: the server has 100. */
const MAX_CONNECTIONS = 20;

/** Three durable states for each job: created, active, completed. */
async function openPgBoss(connectionString: string, payload: JsonObject, callers: number): Promise<Opened> {
  const max = Math.min(callers, MAX_CONNECTIONS);
  const { PgBoss } = await load<{ PgBoss: new (options: object) => PgBoss }>('pg-boss');
  const boss = new PgBoss({ connectionString, max, schedule: false, supervise: false });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue('sync');
  const call = async () => {
    await boss.send('sync', payload, { retryLimit: 0 });
    for (const { id } of await boss.fetch('sync')) await boss.complete('sync', id, { statusCode: 200 });
  };
  return { contender: { name: 'pg-boss: send, fetch, complete', call }, close: () => boss.stop({ graceful: false }) };
}

interface BullMq {
  Queue: new (
    name: string,
    options: object,
  ) => {
    add(name: string, data: object): Promise<{ waitUntilFinished(events: object): Promise<unknown> }>;
    close(): Promise<void>;
  };
  QueueEvents: new (name: string, options: object) => { waitUntilReady(): Promise<unknown>; close(): Promise<void> };
  Worker: new (name: string, work: () => Promise<object>, options: object) => { close(): Promise<void> };
}

/** With a Redis of its own that writes each change to disk before it answers, as PostgreSQL does. */
async function openBullMq(payload: JsonObject, callers: number): Promise<Opened> {
  const { Queue, QueueEvents, Worker } = await load<BullMq>('bullmq');
  // Optional for it; without it, its worker fails again and again.
  await load('ioredis');
  await promisify(execFile)('redis-server', ['--version']);
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-redis-'));
  const port = await freePort();
  const kept = ['--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const redis = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), ...kept], { stdio: 'ignore' });
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const queue = new Queue('sync', { connection });
  const events = new QueueEvents('sync', { connection });
  const work = () => Promise.resolve({ statusCode: 200 });
  const worker = new Worker('sync', work, { connection, concurrency: 2 * callers });
  await events.waitUntilReady();
  const call = async () => (await queue.add('push', payload)).waitUntilFinished(events);
  const close = async () => {
    for (const part of [worker, events, queue]) await part.close();
    redis.kill();
    await once(redis, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  return { contender: { name: 'BullMQ: add, work', call }, close };
}

/** By a name that the compiler does not look for. */
function load<T>(name: string): Promise<T> {
  return import(name) as Promise<T>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
