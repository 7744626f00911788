import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { recordedCaller } from '#access';
import { databaseFault, pauseAfter, query } from '#database';
import { type Draft, isSent, type PlannedItem, PlanUsedError } from '#plan';
import { storableText } from '#recording';
import { Redaction } from '#redaction';
import type { Labels } from '#validation';
import { refKey } from '#versioning';
import type { ItemStatus, OnDrift } from './deployment.entity.ts';

/** A deployment that begins. */
export interface NewDeployment {
  id: string;
  actor: string;
  reason?: string;
  forced: boolean;
  rollbackOf?: string;
  promotedFrom?: string;
  labels?: Labels;
  planId?: string;
  onDrift?: OnDrift;
  /** The target has just been read. */
  isRead?: boolean;
  /** What has moved since the plan, by `refKey`, and is left out. */
  leftOut?: ReadonlySet<string>;
}

const RECORD = `
  with recorded as (
    insert into deployment (id, platform, environment, actor, reason, rollback_of, forced, plan_digest, skipped, plan_id,
      on_drift, promoted_from, labels, caller, read_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, case when $15::boolean then clock_timestamp() end))
  insert into deployment_item (deployment_id, kind, type_key, version_hash, action, previous_hash, before_state,
    before_sync_id, status, error_code, position)
  select $1, i.* from unnest($16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::uuid[],
    $23::text[], $24::text[], $25::integer[]) i`;

const UNIQUE_VIOLATION = '23505';
const RECORD_TRIES = 3;

/** Writes down a deployment with its items before anything runs. */
@Injectable()
export class DeploymentRecord {
  constructor(
    private readonly em: EntityManager,
    private readonly redaction: Redaction,
  ) {}

  /**
   * A connection that breaks off leaves open whether the record was written; the same id is the same request. Throws
   * {@link PlanUsedError}.
   */
  async add(draft: Draft, deployment: NewDeployment): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.write(draft, deployment);
      } catch (error) {
        const { code, constraint } = error as { code?: unknown; constraint?: unknown };
        if (code === UNIQUE_VIOLATION) {
          if (constraint === 'deployment_plan') await this.assertOwn(deployment);
          return;
        }
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused' || attempt === RECORD_TRIES) throw error;
        await pauseAfter(attempt);
      }
    }
  }

  private async write(draft: Draft, deployment: NewDeployment): Promise<void> {
    const { id, actor, reason, rollbackOf, forced, planId, onDrift = 'stop', promotedFrom, labels = {} } = deployment;
    const rows = rowsOf(draft, deployment);
    const skipped = draft.items.flatMap(({ kind, typeKey, action }) =>
      action === 'BUILT_IN' ? [{ kind, typeKey }] : [],
    );
    // One statement: a transaction of the ORM that is cut off would keep its connection for ever.
    await query(this.em, RECORD, [
      ...[id, draft.platform, draft.environment, storableText(actor), storableText(reason), rollbackOf, forced],
      ...[draft.digest, JSON.stringify(skipped), planId, onDrift, promotedFrom, JSON.stringify(labels)],
      ...[JSON.stringify(this.redaction.caller(recordedCaller())), deployment.isRead ?? false],
      ...COLUMNS.map((column) => rows.map((row) => row[column])),
    ]);
  }

  private async assertOwn({ id, planId }: NewDeployment): Promise<void> {
    const { rows } = await query<{ id: string }>(this.em, 'select id from deployment where plan_id = $1', [planId]);
    if (rows[0] && rows[0].id !== id) throw new PlanUsedError(planId!, rows[0].id);
  }
}

interface ItemRow {
  kind: string;
  typeKey: string;
  versionHash: string | null;
  action: string;
  previousHash: string | null;
  beforeState: string | null;
  beforeSyncId: string | null;
  status: ItemStatus;
  errorCode: string | null;
  /** Those of one position go in one call. */
  position: number;
}

const COLUMNS = [
  ...(['kind', 'typeKey', 'versionHash', 'action', 'previousHash', 'beforeState', 'beforeSyncId'] as const),
  ...(['status', 'errorCode', 'position'] as const),
];

function rowsOf({ items, order }: Draft, { planId, leftOut, isRead = false }: NewDeployment): ItemRow[] {
  const positions = new Map(order.flatMap((group, index) => group.map((key) => [key, index])));
  // A plan knows what stands there; without one, what may stand there is sent again.
  const isMeant = (item: PlannedItem) => isSent(item) || item.action === 'UNCHANGED';
  return items.filter(isMeant).map((item) => {
    const isLeftOut = leftOut?.has(refKey(item)) ?? false;
    const isUnchanged = planId !== undefined && item.action === 'UNCHANGED';
    return {
      ...{ kind: item.kind, typeKey: item.typeKey, versionHash: item.versionHash, action: item.action },
      previousHash: item.seen.versionHash,
      beforeState: isRead || item.seen.syncId !== null ? item.seen.state : null,
      beforeSyncId: item.seen.syncId,
      status: isLeftOut ? 'NOT_SENT' : isUnchanged ? 'UNCHANGED' : 'IN_PROGRESS',
      errorCode: isLeftOut ? 'DRIFTED' : null,
      position: positions.get(refKey(item)) ?? 0,
    };
  });
}
