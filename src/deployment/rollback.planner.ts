import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { isDrift, type LiveItem, LiveReader, type LiveState } from '#live';
import type { FinalStatus, ItemRef, Outcome } from '#platform';
import { OUTCOME_OF } from '#recording';
import { refKey } from '#versioning';
import type { Deployment } from './deployment.entity.ts';
import { DeploymentRunningError, NothingToRollBackError } from './deployment.errors.ts';
import { type DeploymentPlan, DeploymentPlanner } from './deployment.planner.ts';
import type { NewerState } from './newer-state.ts';

export interface RollbackPlan extends DeploymentPlan {
  /** What would be lost besides the work of the deployment, by `refKey`. */
  newer: Map<string, NewerState>;
}

/** An item of a deployment that replaced one version with another. */
interface Replaced extends ItemRef {
  versionHash: string;
  previousHash: string;
  syncId: string | null;
  status: FinalStatus;
  outcome: Outcome | null;
}

const REPLACED = `
  select i.kind, i.type_key as "typeKey", i.version_hash as "versionHash", i.previous_hash as "previousHash",
    i.sync_id as "syncId", i.status, h.outcome
  from deployment_item i left join sync_history h on h.id = i.sync_id
  where i.deployment_id = $1 and i.previous_hash <> i.version_hash order by i.kind, i.type_key`;

/** The sync that put a state there; where somebody changed it on the platform, the one that saw it. */
const PUT_BY = `
  select p.kind, p.type_key as "typeKey", h.id as "syncId", h.deployment_id as "deploymentId", h.actor,
    h.started_at as "startedAt"
  from unnest($3::text[], $4::text[], $5::text[], $6::uuid[]) as p (kind, type_key, put_hash, sync_id),
  lateral (
    select * from sync_history h
    where h.target_platform = $1 and h.environment = $2 and h.kind = p.kind and h.type_key = p.type_key
      and (h.id = p.sync_id or h.sync_direction = 'PUSH' and h.version_hash = p.put_hash and h.outcome = 'APPLIED')
    order by h.sync_direction = 'PUSH' desc, h.started_at desc limit 1) h`;

/** Decides what the rollback of a deployment would send, and what else it would undo. */
@Injectable()
export class RollbackPlanner {
  constructor(
    private readonly em: EntityManager,
    private readonly live: LiveReader,
    private readonly planner: DeploymentPlanner,
  ) {}

  /**
   * The versions that stood there before, of the items that the deployment applied. Throws {@link DeploymentRunningError},
   * {@link NothingToRollBackError}, and what planning throws.
   */
  async plan(deployment: Deployment): Promise<RollbackPlan> {
    const { id, status } = deployment;
    if (status === 'IN_PROGRESS') throw new DeploymentRunningError(id);
    const { rows } = await query<Replaced>(this.em, REPLACED, [id]);
    const live = rows.length > 0 ? await this.live.of(deployment, rows) : new Map<string, LiveItem & LiveState>();
    const applied = rows.filter((item) => wasApplied(item, live.get(refKey(item))));
    if (applied.length === 0) throw new NothingToRollBackError(id);
    const restored = applied.map(({ kind, typeKey, previousHash }) => ({ kind, typeKey, versionHash: previousHash }));
    const plan = await this.planner.plan(deployment, restored, { isRollback: true });
    return { ...plan, newer: await this.newer(deployment, applied, live) };
  }

  private async newer(
    { platform, environment }: Deployment,
    items: Replaced[],
    live: Map<string, LiveItem & LiveState>,
  ): Promise<Map<string, NewerState>> {
    const states = items.flatMap((item) => {
      const state = live.get(refKey(item));
      return state && isNewer(item, state) ? [state] : [];
    });
    if (states.length === 0) return new Map();
    const { rows } = await query<ItemRef & PutBy>(this.em, PUT_BY, [
      ...[platform, environment],
      states.map(({ kind }) => kind),
      states.map(({ typeKey }) => typeKey),
      states.map((state) => (isDrift(state) ? null : state.versionHash)),
      states.map(({ syncId }) => syncId),
    ]);
    const putBy = new Map(rows.map((row) => [refKey(row), row]));
    return new Map(states.map((state) => [refKey(state), newerState(state, putBy.get(refKey(state)))]));
  }
}

interface PutBy {
  syncId: string;
  deploymentId: string | null;
  actor: string;
  startedAt: Date;
}

/** A push of unknown outcome was applied, where what it sent is live. */
function wasApplied({ status, outcome, versionHash }: Replaced, live: LiveState | undefined): boolean {
  const known = outcome ?? OUTCOME_OF[status];
  if (known === 'UNKNOWN') return live?.state === 'PRESENT' && live.versionHash === versionHash;
  return known !== 'NOT_APPLIED';
}

/** Whether what stands there is neither the work of the deployment nor what its rollback restores. */
function isNewer({ versionHash, previousHash, syncId }: Replaced, live: LiveState): boolean {
  if (live.syncId === syncId) return false;
  return live.state !== 'PRESENT' || (live.versionHash !== versionHash && live.versionHash !== previousHash);
}

function newerState(live: LiveItem & LiveState, putBy: PutBy | undefined): NewerState {
  const { kind, typeKey, state, versionHash } = live;
  const drift = isDrift(live);
  const at = drift ? (live.changedAt ?? live.since / 1_000) : (putBy?.startedAt ?? live.since / 1_000);
  return {
    ...{ kind, typeKey, state, versionHash, drift },
    syncId: putBy?.syncId ?? live.syncId,
    deploymentId: drift ? null : (putBy?.deploymentId ?? null),
    changedBy: drift ? live.changedBy : (putBy?.actor ?? null),
    changedAt: new Date(at),
  };
}
