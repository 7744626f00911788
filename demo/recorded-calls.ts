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

/** The calls of this run, oldest first. Throws where the history does not have exactly what was done. */
export async function readRecordedCalls(service: ServiceApi, story: Story): Promise<RecordedCall[]> {
  const history = await service.historySince(story.startedAt);
  const states = new Map(story.pulls.flatMap(({ items }) => items.map(({ syncId, state }) => [syncId ?? '', state])));
  const byCall = Map.groupBy(history, ({ callId }) => callId);
  const calls = await Promise.all([...byCall.values()].map((syncs) => recordedCall(service, syncs, states)));
  const deployed = calls.flatMap(({ deployment }) => deployment?.id ?? []);
  verify('The deployments in the history', deployed, story.deploymentIds);
  verify('The calls in the history', [...byCall.keys()].length, deployed.length + story.pulls.length);
  for (const { deployment, syncs } of calls) {
    if (deployment) verify(`The syncs of deployment ${deployment.id}`, syncs.length, deployment.progress.total);
  }
  for (const { callId, items } of story.pulls) {
    const received = items.filter(({ syncId }) => syncId !== null).length;
    verify(`The syncs of pull ${callId}`, byCall.get(callId)?.length, received + 1);
  }
  return calls;
}

/** Throws unless the CMS has seen exactly the attempts that were recorded. */
export async function verifyAgainstJournal(calls: RecordedCall[], cms: CmsControl): Promise<string> {
  const attempts = (direction: Sync['direction']) =>
    calls
      .map(({ syncs }) => syncs[0]!)
      .filter((sync) => sync.direction === direction)
      .reduce((sum, { retryCount }) => sum + retryCount + 1, 0);
  const seen = await cms.manifestCalls();
  verify('The pushes that the CMS has seen', seen.pushes, attempts('PUSH'));
  verify('The pulls that the CMS has seen', seen.pulls, attempts('PULL'));
  return `${seen.pushes} attempts to push, ${seen.pulls} to pull: as recorded`;
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
