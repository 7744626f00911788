import { setTimeout as wait } from 'node:timers/promises';
import { verify } from './demo.errors.ts';
import type { Note } from './progress.ts';
import type { Deployment, ServiceApi, Status } from './service-api.ts';
import { statusText } from './terminal-text.ts';

const POLL_MS = 100;
const TIMEOUT_MS = 60_000;

/** What a deployment must come to. */
export interface Promised {
  status: Status;
  /** 1 unless said. */
  attempts?: number;
  /** How long it was waited between the attempts; whatever the backoff chose unless said. */
  waitedMs?: number[];
  /** How the effect is known: `ANSWERED` unless said. */
  evidence?: string;
  /** Every item was read back after the deployment, and stands there. */
  verified?: boolean;
  /** The error code of each item that does not succeed, by key. */
  refused?: Record<string, string>;
}

/** Watches a deployment until it is settled, holds it against what was promised, and says what came of it. */
export async function settled(service: ServiceApi, id: string, promised: Promised, note: Note): Promise<string> {
  const deployment = await whenSettled(service, id, note);
  const { status, items, progress } = deployment;
  const what = `Deployment ${id}: `;
  verify(`${what}its status`, status, promised.status);
  verify(`${what}its attempts`, progress.attempt, promised.attempts ?? 1);
  verify<Record<string, string | null>>(
    `${what}the items that were not applied`,
    refusals(items),
    promised.refused ?? {},
  );
  if (promised.waitedMs) {
    const failed = await service.failedAttempts(items[0]!.syncId!);
    const waits = failed.map(({ waitMs }) => waitMs);
    verify(`${what}the waits between its attempts`, waits, promised.waitedMs);
  }
  if (promised.evidence) {
    const { evidence } = await service.sync(items[0]!.syncId!);
    verify(`${what}its evidence`, evidence, promised.evidence);
  }
  if (promised.verified) {
    const others = items.filter(({ verification }) => verification !== 'VERIFIED');
    verify(
      `${what}the items that were not found there after it`,
      others.map(({ typeKey, verification }) => `${typeKey} ${verification}`),
      [],
    );
  }
  const codes = Object.entries(refusals(items)).map(([key, code]) => `${key} ${code}`);
  const on = progress.attempt > 1 ? ` on attempt ${progress.attempt}` : '';
  const how = promised.evidence === 'OBSERVED' ? ', read back from the CMS' : '';
  const all = promised.verified ? ', each VERIFIED' : '';
  return `${statusText(status)}  ${progress.succeeded} of ${progress.total}${on}${how}${all}${codes.length > 0 ? `: ${codes.join(', ')}` : ''}`;
}

async function whenSettled(service: ServiceApi, id: string, note: Note): Promise<Deployment> {
  for (const deadline = performance.now() + TIMEOUT_MS; ; await wait(POLL_MS)) {
    const deployment = await service.deployment(id);
    if (deployment.completedAt !== null) return deployment;
    if (performance.now() > deadline) throw new Error(`Deployment ${id} did not end within ${TIMEOUT_MS / 1_000} s.`);
    note(await underWay(service, deployment));
  }
}

async function underWay(service: ServiceApi, { items }: Deployment): Promise<string> {
  const syncId = items[0]?.syncId;
  const last = syncId ? (await service.failedAttempts(syncId)).at(-1) : undefined;
  if (!last) return 'attempt 1';
  if (last.waitMs === undefined) return `attempt ${last.attempt}: ${last.errorCode}; reading the CMS`;
  const dueMs = last.at.getTime() + last.waitMs - Date.now();
  const due = dueMs > 0 ? ` in ${(dueMs / 1_000).toFixed(1)} s` : '';
  return `attempt ${last.attempt}: ${last.errorCode}; attempt ${last.attempt + 1}${due}`;
}

function refusals(items: Deployment['items']): Record<string, string | null> {
  return Object.fromEntries(
    items.filter(({ status }) => status !== 'SUCCESS').map(({ typeKey, errorCode }) => [typeKey, errorCode]),
  );
}
