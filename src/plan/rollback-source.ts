import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { isDrift, type LiveItem, LiveReader, type LiveState } from '#live';
import type { ItemRef, Target } from '#platform';
import { OUTCOME_OF } from '#recording';
import { refKey } from '#versioning';
import type { NewerState } from './newer-state.ts';
import { type PastDeployment, PastDeployments, type SentItem } from './past-deployments.ts';
import { DeploymentRunningError, NothingToRollBackError, NotOfDeploymentError } from './plan.errors.ts';

/** What a rollback is asked for. */
export interface RollbackOptions {
  /** Only these of the deployment's items; all by default. */
  items?: ItemRef[];
  /** Deletes what the deployment created. */
  deletesNew?: boolean;
}

/** What a rollback restores. */
export interface Restored {
  versions: (ItemRef & { versionHash: string })[];
  /** What the deployment created. */
  deleted: ItemRef[];
  /** What would be lost besides the work of the deployment, by `refKey`. */
  newer: Map<string, NewerState>;
}

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

/** Decides what the rollback of a deployment restores, and what else it would undo. */
@Injectable()
export class RollbackSource {
  constructor(
    private readonly em: EntityManager,
    private readonly live: LiveReader,
    private readonly deployments: PastDeployments,
  ) {}

  /**
   * What stood there before, of the items that the deployment applied. Throws {@link DeploymentRunningError},
   * {@link NotOfDeploymentError} and {@link NothingToRollBackError}.
   */
  async restored(deployment: PastDeployment, { items, deletesNew = false }: RollbackOptions): Promise<Restored> {
    const { id } = deployment;
    if (!deployment.completedAt) throw new DeploymentRunningError(id);
    const sent = chosen(id, await this.deployments.items(id), items).filter(isUndoable);
    const live = sent.length > 0 ? await this.live.of(deployment, sent) : new Map<string, LiveItem & LiveState>();
    const applied = sent.filter((item) => wasApplied(item, live.get(refKey(item))));
    const undone = applied.filter((item) => item.previousHash !== null || deletesNew);
    if (undone.length === 0) throw new NothingToRollBackError(id, applied.length > 0);
    return {
      versions: undone.flatMap(({ kind, typeKey, previousHash }) =>
        previousHash === null ? [] : [{ kind, typeKey, versionHash: previousHash }],
      ),
      deleted: undone.filter(({ previousHash }) => previousHash === null),
      newer: await this.newer(deployment, undone, live),
    };
  }

  private async newer(
    { platform, environment }: Target,
    items: SentItem[],
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

function chosen(id: string, sent: SentItem[], items: ItemRef[] | undefined): SentItem[] {
  if (!items) return sent;
  const wanted = new Set(items.map(refKey));
  const known = new Set(sent.map(refKey));
  const foreign = items.filter((item) => !known.has(refKey(item)));
  if (foreign.length > 0) throw new NotOfDeploymentError(id, foreign);
  return sent.filter((item) => wanted.has(refKey(item)));
}

/** Whether something else stood there before; of what is new only where somebody looked. */
function isUndoable({ versionHash, previousHash, beforeState }: SentItem): boolean {
  return previousHash === null ? beforeState === 'ABSENT' : previousHash !== versionHash;
}

/** A push of unknown outcome was applied, where what it sent is live. */
function wasApplied({ status, outcome, versionHash }: SentItem, live: LiveState | undefined): boolean {
  if (status === 'NOT_SENT' || status === 'UNCHANGED' || status === 'IN_PROGRESS') return false;
  const known = outcome ?? OUTCOME_OF[status];
  if (known === 'UNKNOWN') return live !== undefined && stands(live, versionHash);
  return known !== 'NOT_APPLIED';
}

/** Whether what stands there is neither the work of the deployment nor what its rollback restores. */
function isNewer({ versionHash, previousHash, syncId }: SentItem, live: LiveState): boolean {
  if (live.syncId === syncId) return false;
  return live.state === 'UNKNOWN' || !(stands(live, versionHash) || stands(live, previousHash));
}

function stands({ state, versionHash }: LiveState, hash: string | null): boolean {
  return hash === null ? state === 'ABSENT' : state === 'PRESENT' && versionHash === hash;
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
