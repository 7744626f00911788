import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ServiceProcess } from '../../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../../support/simulated-cms.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { definitionOf } from '../record/definitions.ts';
import { httpCalls } from '../record/http-calls.ts';
import { type BenchOptions, machine, rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';

const TYPES = 10_000;
const SOME_TYPES = 1_000;
const IMPORTED_AT_ONCE = 2_000;
const CALLERS = 20;

/** Reads of deployments that run. */
interface Reads {
  count: number;
  refused: number;
  slowestMs: number;
}

interface Measured {
  what: string;
  seconds: number;
  'peak memory MB': number;
}

/** A large content model from its import to its verification, and what a smaller one costs those who record meanwhile. */
export async function deploy(options: BenchOptions): Promise<Section[]> {
  return [await withService(largeModel), await withService((service) => besideRecording(service, options))];
}

async function withService(
  measure: (service: ServiceProcess, cms: SimulatedCms) => Promise<Section>,
): Promise<Section> {
  const database = await openBenchDatabase();
  const cms = await startSimulatedCms();
  const service = await ServiceProcess.start({
    DATABASE_URL: database.url,
    OPTIMIZELY_CMS_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_API_URL: cms.url,
    RATE_LIMIT_PER_MINUTE: '1000000',
  });
  try {
    return await measure(service, cms);
  } finally {
    await service.stop();
    await cms.close();
    await database.close();
  }
}

async function largeModel(service: ServiceProcess, cms: SimulatedCms): Promise<Section> {
  const rows: Measured[] = [];
  const reads: Reads = { count: 0, refused: 0, slowestMs: 0 };
  const before = machine();
  await measured(service, rows, `import ${TYPES} types`, () => importTypes(service, TYPES, 'First'));
  const first = await measured(service, rows, 'plan: all new', () => makePlan(service));
  await measured(service, rows, 'deploy, read back', () => deployed(service, first, reads));
  const calls = (await cms.calls()).filter(({ method }) => method === 'POST');
  const sizes = calls.map(({ body }) => ({
    items: body?.contentTypes?.length ?? 0,
    bytes: JSON.stringify(body).length,
  }));
  await measured(service, rows, 'plan: nothing changed', () => makePlan(service));
  await importTypes(service, TYPES, 'Second');
  const second = await measured(service, rows, 'plan: all changed', () => makePlan(service));
  const rollbackOf = await measured(service, rows, 'deploy, read back', () => deployed(service, second, reads));
  const third = await measured(service, rows, 'plan: a rollback of all', () => makePlan(service, { rollbackOf }));
  await measured(service, rows, 'roll back, read back', () => deployed(service, third, reads));
  const largest = Math.max(...sizes.map(({ bytes }) => bytes));
  return {
    title: `A content model of ${TYPES} content types of 2 KB`,
    rows: rows.map((row) => ({ ...row })),
    notes: [
      `${calls.length} calls of at most ${Math.max(...sizes.map(({ items }) => items))} items and ${rounded(largest / 1e6, 1)} MB.`,
      `${reads.count} reads of running deployments: ${reads.refused} refused, the slowest after ${rounded(reads.slowestMs / 1_000, 1)} s.`,
      `Before: ${before}. After: ${machine()}.`,
    ],
  };
}

async function besideRecording(service: ServiceProcess, { rounds, seconds }: BenchOptions): Promise<Section> {
  const calls = httpCalls(`${service.url}/api/v1`, definitionOf(2_000));
  const [recorded] = calls.contenders;
  const rates: { alone: number; beside: number }[] = [];
  try {
    await recorded!.run!(CALLERS, 1);
    for (let round = 0; round < rounds; round += 1) {
      await importTypes(service, SOME_TYPES, `Round ${round}`);
      const items = Array.from({ length: SOME_TYPES }, (_, index) => ({ typeKey: keyOf(index) }));
      const planId = await makePlan(service, { items });
      const alone = await recorded!.run!(CALLERS, seconds);
      const deploying = deployed(service, planId);
      const beside = await recorded!.run!(CALLERS, seconds);
      await deploying;
      rates.push({ alone: alone.perSecond, beside: beside.perSecond });
    }
  } finally {
    await calls.close();
  }
  return {
    title: `${CALLERS} callers who record, alone and while ${SOME_TYPES} content types are deployed`,
    rows: [
      {
        'syncs/s alone': rounded(median(rates.map(({ alone }) => alone)), 0),
        'syncs/s beside': rounded(median(rates.map(({ beside }) => beside)), 0),
        ratio: rounded(median(rates.map(({ alone, beside }) => beside / alone))),
      },
    ],
    notes: [`Medians over ${rounds} rounds of ${seconds} s; the deployment begins with each second half.`],
  };
}

async function measured<T>(
  service: ServiceProcess,
  rows: Measured[],
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = rounded((performance.now() - start) / 1_000, 1);
  rows.push({ what, seconds, 'peak memory MB': await peakMb(service.pid) });
  return result;
}

/** The most memory that the process ever had, where the system tells. */
async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return rounded(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024, 0);
}

async function importTypes(service: ServiceProcess, count: number, displayName: string): Promise<void> {
  const definition = definitionOf(2_000);
  for (let from = 0; from < count; from += IMPORTED_AT_ONCE) {
    const contentTypes = Array.from({ length: Math.min(IMPORTED_AT_ONCE, count - from) }, (_, index) => {
      return { ...definition, key: keyOf(from + index), displayName };
    });
    await asked(service, '/content-types/import?author=bench', { contentTypes });
  }
}

async function makePlan(service: ServiceProcess, source: object = {}): Promise<string> {
  const request = { platform: 'optimizely', actor: 'bench', reason: 'bench', ...source };
  return (await asked<{ id: string }>(service, '/plans', request)).id;
}

async function deployed(service: ServiceProcess, planId: string, reads?: Reads): Promise<string> {
  const { id } = await asked<{ id: string }>(service, '/deployments', { planId, actor: 'bench' });
  for (;;) {
    const askedAt = performance.now();
    const { status, body } = await service.api<{ completedAt: string | null; status: string }>(
      'GET',
      `/deployments/${id}`,
    );
    if (reads) {
      reads.count += 1;
      reads.refused += status === 503 ? 1 : 0;
      reads.slowestMs = Math.max(reads.slowestMs, performance.now() - askedAt);
    }
    // 503 says that the reads cannot follow the record for the moment.
    if (status === 503 || body.completedAt === null) await wait(200);
    else if (body.status === 'SUCCESS') return id;
    else throw new Error(`The deployment ended: ${JSON.stringify(body).slice(0, 500)}`);
  }
}

async function asked<T>(service: ServiceProcess, path: string, body: object): Promise<T> {
  const answer = await service.api<T>('POST', path, body);
  if (answer.status >= 300)
    throw new Error(`POST ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

function keyOf(index: number): string {
  return `Bench${index}`;
}
