import { readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { ServiceProcess } from '../../support/service-process.ts';
import { startSimulatedCms } from '../../support/simulated-cms.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { type BenchOptions, rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';
import { type Caller, HOSTILE, ORDINARY } from './callers.ts';

/** Between two turns of one caller, so that the two cores are not always busy. */
const PAUSE_MS = 100;
const SAMPLES = 40;

/** What a caller has done; one that is still under way after the end never comes to its own. */
interface Turns {
  done: number;
  failed: number;
  'under way': number;
}

/** What the process holds at one moment. */
interface Sample {
  minute: number;
  rssMb: number;
  handles: number;
  connections: number;
  liveMs: number;
}

/**
 * Ordinary work and hostile callers together for `rounds` × `seconds`: what the service holds must stay flat. Compares the
 * second quarter, when everything has been warm for a while, with the last.
 */
export async function soak({ rounds, seconds }: BenchOptions): Promise<Section[]> {
  const database = await openBenchDatabase();
  const cms = await startSimulatedCms();
  const service = await ServiceProcess.start({
    DATABASE_URL: database.url,
    OPTIMIZELY_CMS_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_API_URL: cms.url,
  });
  const stop = new AbortController();
  const turns = new Map<string, Turns>();
  const callers = Object.entries({ ...ORDINARY, ...HOSTILE }).map(([name, caller]) => {
    const counts: Turns = { done: 0, failed: 0, 'under way': 0 };
    turns.set(name, counts);
    return keepCalling(caller, service.url, counts, stop.signal);
  });
  try {
    const samples = await sample(service, database.url, rounds * seconds);
    stop.abort();
    // One that never comes to its end is seen in its turns; the figures are worth more.
    await Promise.race([Promise.all(callers), wait(40_000)]);
    await wait(5_000);
    const after = await look(service, database.url, performance.now());
    return [flatness(samples, after), { title: 'Turns of each caller', rows: countsOf(turns) }];
  } finally {
    stop.abort();
    await service.stop();
    await cms.close();
    await database.close();
  }
}

async function keepCalling(caller: Caller, url: string, turns: Turns, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await wait(PAUSE_MS)) {
    turns['under way'] = 1;
    await caller(url, turns.done).catch(() => (turns.failed += 1));
    turns['under way'] = 0;
    turns.done += 1;
  }
}

async function sample(service: ServiceProcess, databaseUrl: string, seconds: number): Promise<Sample[]> {
  const startedAt = performance.now();
  const samples: Sample[] = [];
  while (samples.length < SAMPLES) {
    await wait((seconds * 1000) / SAMPLES);
    samples.push(await look(service, databaseUrl, startedAt));
  }
  return samples;
}

async function look(service: ServiceProcess, databaseUrl: string, startedAt: number): Promise<Sample> {
  const askedAt = performance.now();
  await fetch(`${service.url}/health/live`);
  const liveMs = performance.now() - askedAt;
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity where application_name = 'synctrail'`,
  );
  await client.end();
  return {
    minute: rounded((askedAt - startedAt) / 60_000, 1),
    rssMb: Math.round((await service.memory()).now / 1e6),
    handles: (await readdir(`/proc/${service.pid}/fd`)).length,
    connections: rows[0]!.count,
    liveMs: Math.round(liveMs),
  };
}

function flatness(samples: Sample[], after: Sample): Section {
  const quarter = samples.length / 4;
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(3 * quarter);
  const names = ['rssMb', 'handles', 'connections', 'liveMs'] as const;
  const rows = names.map((name) => {
    const values = (of: Sample[]) => of.map((one) => one[name]);
    return {
      what: name,
      'second quarter': median(values(early)),
      'last quarter': median(values(late)),
      highest: Math.max(...values(samples)),
      'after the load': after[name],
    };
  });
  return { title: `What the service held in ${samples.at(-1)!.minute} minutes of mixed load`, rows };
}

function countsOf(turns: Map<string, Turns>): Section['rows'] {
  return [...turns].map(([caller, counts]) => ({ caller, ...counts }));
}
