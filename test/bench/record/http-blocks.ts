import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { collectGarbage, longestBlock } from '../longest-block.ts';
import { rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';
import { definitionOf } from './definitions.ts';
import { startService } from './http-service.ts';

/** A client in a thread of its own: what it does blocks nobody here. */
const CLIENT = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', async ({ url, method, body }) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const answer = await fetch(url, { method, body, headers });
    const text = await answer.text();
    parentPort.postMessage({ status: answer.status, text: body ? text : '' });
  });`;
const ROUNDS = 5;

/** How long others wait while one snapshot comes in, and while it goes out, over HTTP. */
export async function httpBlocks(databaseUrl: string, bytes: number): Promise<Section['rows']> {
  const { base, close } = await startService(databaseUrl);
  const client = new Worker(CLIENT, { eval: true });
  try {
    const ask = async (method: string, path: string, body?: string) => {
      client.postMessage({ url: base + path, method, body }, []);
      const [{ status, text }] = (await once(client, 'message')) as [{ status: number; text: string }];
      if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
      return text;
    };
    let id = '';
    const came = await repeated(async (round) => {
      // One object of that size would have more members than a body may have.
      const data = { parts: Array.from({ length: 10 }, () => definitionOf(bytes / 10)) };
      const sync = { platform: 'other', direction: 'PUSH', typeKey: `Large${round}`, actor: 'bench', data };
      const body = JSON.stringify({ ...sync, result: { status: 'SUCCESS' } });
      // What making the content leaves behind is not what taking it costs.
      collectGarbage();
      return longestBlock(async () => ({ id } = JSON.parse(await ask('POST', '/sync', body)) as { id: string }));
    });
    const went = await repeated(() => longestBlock(() => ask('GET', `/sync/${id}/snapshot`)));
    const row = (way: string, blocks: Awaited<typeof came>) => ({
      'over HTTP': way,
      'longest block ms': rounded(Math.max(...blocks.map(({ blockMs }) => blockMs)), 1),
      'median block ms': rounded(median(blocks.map(({ blockMs }) => blockMs)), 1),
      'call ms': rounded(median(blocks.map(({ tookMs }) => tookMs)), 1),
    });
    return [row('POST /sync', came), row('GET /sync/:syncId/snapshot', went)];
  } finally {
    await client.terminate();
    await close();
  }
}

async function repeated<T>(work: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < ROUNDS; round += 1) results.push(await work(round));
  return results;
}
