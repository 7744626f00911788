import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import { type BenchOptions, machine, rounded, type Section } from '../report.ts';
import { median, rotate } from '../rounds.ts';

const CONCURRENCY = 8;
const BARE = join(import.meta.dirname, 'bare-server.js');

interface Program {
  url: string;
  stop(): Promise<void>;
}

/** Filters of three conditions, by how many of the syncs match them. */
const LISTS: Record<string, string> = {
  'list, 3 filters, half match': 'platform=optimizely&direction=PUSH&status=SUCCESS',
  'list, 3 filters, a hundredth matches': 'platform=optimizely&environment=staging&status=FAILED',
  'list, 3 filters, nothing matches': 'platform=optimizely&actor=nobody&trigger=API',
};

/** Answers of the service over HTTP against a fixed object of the same size from bare Nest on Fastify, in rotated rounds. */
export async function answers(url: string, options: BenchOptions): Promise<Section> {
  const before = machine();
  const service = await startService(url);
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  try {
    const rows: Section['rows'] = [];
    for (const [what, address] of Object.entries(await addresses(service.url))) {
      rows.push({ what, ...(await against(agent, address, options)) });
    }
    return {
      title: `Answers over HTTP at concurrency ${CONCURRENCY} against a fixed object of the same size from bare Nest on Fastify`,
      rows,
      notes: [`Before: ${before}.`, `After: ${machine()}.`],
    };
  } finally {
    agent.destroy();
    await service.stop();
  }
}

async function addresses(url: string): Promise<Record<string, string>> {
  const history = `${url}/api/v1/sync/history`;
  const lists = Object.entries(LISTS).map(([what, filter]) => [what, `${history}?${filter}`] as const);
  const { items } = (await (await fetch(`${history}?limit=1&status=FAILED`)).json()) as { items: [{ id: string }] };
  const one = `${url}/api/v1/sync/${items[0].id}`;
  return { ...Object.fromEntries(lists), 'one sync with its events': one };
}

async function against(agent: Agent, address: string, options: BenchOptions) {
  const body = await bodyOf(agent, address);
  const bare = await startBareServer(body);
  try {
    const [base, ours] = await rotate(
      [
        { name: 'bare', call: () => bodyOf(agent, bare.url) },
        { name: 'ours', call: () => bodyOf(agent, address) },
      ],
      { ...options, concurrency: CONCURRENCY },
    );
    return {
      bytes: body.length,
      'bare/s': rounded(median(base!.map(({ perSecond }) => perSecond)), 0),
      'ours/s': rounded(median(ours!.map(({ perSecond }) => perSecond)), 0),
      'ours ms': rounded(median(ours!.map(({ latencyMs }) => latencyMs))),
      ratio: rounded(median(ours!.map(({ perSecond }, round) => perSecond / base![round]!.perSecond)), 3),
    };
  } finally {
    await bare.stop();
  }
}

/** With as little work for the client as there is. */
async function bodyOf(agent: Agent, address: string): Promise<Buffer> {
  const [response] = (await once(get(address, { agent }), 'response')) as [
    NodeJS.ReadableStream & { statusCode: number },
  ];
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`${address} answered ${response.statusCode}`);
  return Buffer.concat(chunks);
}

/** In a process of its own, as the service is. */
async function startBareServer(answer: Buffer): Promise<Program> {
  const child = spawn(process.execPath, [BARE], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(answer);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: `${line.replace('listens at ', '')}/fixed`, stop: () => ended(child) };
}

/** The service without a log: bare Nest writes none, and here nobody would read it. */
async function startService(databaseUrl: string): Promise<Program> {
  const port = await freePort();
  const env = { ...process.env, DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent', PORT: String(port) };
  const child = spawn(process.execPath, ['dist/src/main.js'], { env, stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok === true;
  await until('the service answers', isReady, 60_000);
  return { url, stop: () => ended(child) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}
