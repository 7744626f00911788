import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import type { FinalStatus, ItemRef, Outcome, Target } from '#platform';
import { numberIn } from './deployment-number.ts';
import { DeploymentNotFoundError } from './plan.errors.ts';

/** A deployment that a plan starts from. */
export interface PastDeployment extends Target {
  id: string;
  completedAt: Date | null;
}

/** An item that a deployment sent, and what became of it. */
export interface SentItem extends ItemRef {
  /** Null for one that was deleted. */
  versionHash: string | null;
  /** Null where nothing stood there, or the record did not know. */
  previousHash: string | null;
  /** Null where nobody looked at the target before. */
  beforeState: 'PRESENT' | 'ABSENT' | 'UNKNOWN' | null;
  syncId: string | null;
  status: FinalStatus | 'NOT_SENT' | 'UNCHANGED' | 'IN_PROGRESS';
  outcome: Outcome | null;
}

const FIND = `select id, platform, environment, completed_at as "completedAt" from deployment where`;

const SENT = `
  select i.kind, i.type_key as "typeKey", i.version_hash as "versionHash", i.previous_hash as "previousHash",
    i.before_state as "beforeState", i.sync_id as "syncId", i.status, h.outcome
  from deployment_item i left join sync_history h on h.id = i.sync_id
  where i.deployment_id = $1 order by i.kind, i.type_key`;

/** What earlier deployments sent, for plans that send it again or undo it. */
@Injectable()
export class PastDeployments {
  constructor(private readonly em: EntityManager) {}

  /** By its id or its short number. Throws {@link DeploymentNotFoundError}. */
  async find(ref: string): Promise<PastDeployment> {
    const number = numberIn(ref);
    const where = number === undefined ? 'id = $1' : 'number = $1';
    const { rows } = await query<PastDeployment>(this.em, `${FIND} ${where}`, [number ?? ref]);
    if (!rows[0]) throw new DeploymentNotFoundError(ref);
    return rows[0];
  }

  async items(id: string): Promise<SentItem[]> {
    const { rows } = await query<SentItem>(this.em, SENT, [id]);
    return rows;
  }
}
