import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { JsonObject } from '#json';
import type { Contender, Round } from '../rounds.ts';

const BATCH = 1_000;

/** Callers in a thread of their own, as they would be on another machine: here they share its cores. */
const CALLERS = `
  const { parentPort } = require('node:worker_threads');
  const { Agent, request } = require('node:http');
  const ask = (agent, base, method, path, body) => new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(base + path, { agent, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
        if (answer.statusCode < 300) resolve(JSON.parse(text));
        else reject(new Error(method + ' ' + path + ' was answered ' + answer.statusCode + ': ' + text));
      }).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
  const calls = {
    one: async (agent, base, { sync, result }) => {
      const { id } = await ask(agent, base, 'POST', '/sync', sync());
      await ask(agent, base, 'PATCH', '/sync/' + id + '/status', result);
      return 1;
    },
    batch: async (agent, base, { batch, size }) => {
      await ask(agent, base, 'POST', '/sync/batch', batch());
      return size;
    },
  };
  let made = 0;
  const told = (payload) => ({ platform: 'other', direction: 'PUSH', typeKey: 'Type' + made % 1000, actor: 'bench', data: { ...payload, displayName: 'Number ' + made++ } });
  parentPort.on('message', async ({ kind, base, payload, size, concurrency, seconds }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
    const result = JSON.stringify({ status: 'SUCCESS', statusCode: 200 });
    const sync = () => JSON.stringify(told(payload));
    const batch = () => JSON.stringify({ syncs: Array.from({ length: size }, () => ({ ...told(payload), result: { status: 'SUCCESS', statusCode: 200 } })) });
    const latencies = [];
    const start = performance.now();
    let syncs = 0;
    try {
      await Promise.all(Array.from({ length: concurrency }, async () => {
        for (let now = performance.now(); now < start + seconds * 1000;) {
          const before = now;
          const recorded = await calls[kind](agent, base, { sync, result, batch, size });
          syncs += recorded;
          now = performance.now();
          latencies.push(now - before);
        }
      }));
      latencies.sort((a, b) => a - b);
      parentPort.postMessage({ perSecond: syncs / (performance.now() - start) * 1000, latencyMs: latencies[latencies.length >> 1] });
    } catch (error) {
      parentPort.postMessage({ error: error.stack });
    }
    agent.destroy();
  });`;

/** Syncs of other systems by HTTP: each recorded and then settled, and in batches of 1,000 that have ended, one at a time. */
export function httpCalls(base: string, payload: JsonObject): { contenders: Contender[]; close(): Promise<unknown> } {
  const callers = new Worker(CALLERS, { eval: true });
  const run = async (kind: 'one' | 'batch', concurrency: number, seconds: number): Promise<Round> => {
    callers.postMessage({ kind, base, payload, size: BATCH, concurrency, seconds }, []);
    const [round] = (await once(callers, 'message')) as [Round & { error?: string }];
    if (round.error) throw new Error(round.error);
    return round;
  };
  return {
    contenders: [
      { name: 'HTTP: POST, PATCH', run: (concurrency, seconds) => run('one', concurrency, seconds) },
      { name: `HTTP: batches of ${BATCH}`, run: (_, seconds) => run('batch', 1, seconds) },
    ],
    close: () => callers.terminate(),
  };
}
