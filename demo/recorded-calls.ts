import type { CmsControl } from './cms-control.ts';
import { verify } from './demo.errors.ts';
import type { Deployment, FailedAttempt, ServiceApi, Status, Sync } from './service-api.ts';
import type { Story } from './team.ts';

/** A call to the platform as the history tells it. */
export interface RecordedCall {
  /** Of the deployment, or of the pull of everything. */
  status: Status;
  deployment?: Deployment;
  /** All syncs of the call, never none; `items` are those of one content type each. */
  syncs: Sync[];
  items: Sync[];
  failedAttempts: FailedAttempt[];
  /** What a pull found of a type, by the id of its sync: `same`, `different` … */
  states: Map<string, string>;
}

/** The key of the sync that stands for a pull of everything. */
const EVERYTHING = '*';

/**
 * The calls of this run, oldest first. Throws where the history does not have exactly what was done, or what the CMS
 * has seen. A service that was killed in an earlier run is settled in this one: those pulls are not ours.
 */
export async function readRecordedCalls(service: ServiceApi, cms: CmsControl, story: Story): Promise<RecordedCall[]> {
  // The journal first: whatever it has must be in a history that is read after it.
  const seen = await cms.manifestCalls();
  const history = Map.groupBy(await service.historySince(story.startedAt), ({ callId }) => callId);
  const ours = new Set(story.pulls.map(({ callId }) => callId));
  const pushes = [...history.values()].filter(([sync]) => sync!.direction === 'PUSH');
  const pulls = [...history.values()].filter(([sync]) => sync!.direction === 'PULL');
  verify('The pushes that the CMS has seen', seen.pushes, attemptsIn(pushes));
  verify('Whether every pull that the CMS has seen is recorded', seen.pulls <= attemptsIn(pulls), true);

  const states = new Map(story.pulls.flatMap(({ items }) => items.map(({ syncId, state }) => [syncId ?? '', state])));
  const shown = [...history.values()].filter(([sync]) => sync!.direction === 'PUSH' || ours.has(sync!.callId));
  const calls = await Promise.all(shown.map((syncs) => recordedCall(service, syncs, states)));
  const deployments = calls.flatMap(({ deployment }) => deployment ?? []);
  verify(
    'The deployments in the history',
    deployments.map(({ id }) => id),
    story.deploymentIds,
  );
  for (const { deployment, syncs } of calls) {
    if (deployment) verify(`The syncs of deployment ${deployment.id}`, syncs.length, deployment.progress.total);
  }
  for (const { callId, items } of story.pulls) {
    const received = items.filter(({ syncId }) => syncId !== null).length;
    verify(`The syncs of pull ${callId}`, history.get(callId)?.length, received + 1);
  }
  return calls;
}

/** How often the platform was asked. */
export function attemptsIn(calls: Sync[][]): number {
  return calls.reduce((sum, [sync]) => sum + sync!.retryCount + 1, 0);
}

async function recordedCall(service: ServiceApi, all: Sync[], states: Map<string, string>): Promise<RecordedCall> {
  const first = all[0]!;
  const deployment = first.deploymentId ? await service.deployment(first.deploymentId) : undefined;
  const whole = all.find(({ typeKey }) => typeKey === EVERYTHING);
  return {
    status: deployment?.status ?? whole?.status ?? first.status,
    deployment,
    syncs: all,
    items: all.filter((sync) => sync !== whole),
    failedAttempts: first.retryCount > 0 ? await service.failedAttempts(first.id) : [],
    states,
  };
}
