import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { AccessLog } from '#access-log';
import { DRIVER_TYPES, query, untilWritten } from '#database';
import type { PageStart } from '#http';
import type { Target } from '#platform';
import { storableText } from '#recording';
import type { Draft, PlannedItem } from './plan.ts';
import { PlanDecidedError, PlanNotFoundError } from './plan.errors.ts';
import type { PlanSource } from './plan-sources.ts';

export const APPROVALS = ['NOT_NEEDED', 'PENDING', 'APPROVED', 'REFUSED'] as const;
export type Approval = (typeof APPROVALS)[number];

/** What is stored of a plan beside its items. */
export interface Plan extends Target {
  id: string;
  source: PlanSource;
  actor: string;
  reason: string | null;
  /** Changes that lose data are meant. */
  forced: boolean;
  digest: string;
  /** The pull that read the target. */
  readCallId: string;
  /** The keys of what is sent, in their order, in groups that go together. */
  order: string[][];
  approval: Approval;
  createdAt: Date;
  expiresAt: Date;
  isExpired: boolean;
  /** Null until somebody has approved or refused it. */
  decidedAt: Date | null;
  decidedBy: string | null;
  /** As `principalText` writes them; null while access is open. */
  principal: string | null;
  decidedPrincipal: string | null;
  decisionReason: string | null;
  /** The deployment of the plan; null before there is one. */
  deploymentId: string | null;
}

/** A plan with its items. */
export interface PlanDetail extends Plan {
  items: PlannedItem[];
}

export type NewPlan = Pick<Plan, 'source' | 'actor' | 'forced' | 'readCallId' | 'approval'> & {
  principal?: string;
  reason?: string;
  validMs: number;
};

/** Who approves or refuses a plan, and why. */
export interface Decision {
  actor: string;
  principal?: string;
  reason: string;
}

export interface PlanFilter {
  platform?: string;
  environment?: string;
  approval?: Approval;
}

const COLUMNS = `p.id, p.platform, p.environment, p.source, p.actor, p.reason, p.forced, p.digest,
  p.read_call_id as "readCallId", p.sent_order as "order", p.approval, p.created_at as "createdAt",
  p.expires_at as "expiresAt", p.expires_at <= clock_timestamp() as "isExpired", p.decided_at as "decidedAt", p.decided_by as "decidedBy",
  p.principal, p.decided_principal as "decidedPrincipal",
  p.decision_reason as "decisionReason", (select d.id from deployment d where d.plan_id = p.id) as "deploymentId"`;

const ADD = `
  with added as (
    insert into plan (id, platform, environment, source, actor, reason, forced, digest, read_call_id, sent_order, approval, expires_at, principal)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp() + $12 * interval '1 millisecond', $14)
    on conflict (id) do nothing returning id)
  insert into plan_item (plan_id, kind, type_key, content)
  select added.id, i ->> 'kind', i ->> 'typeKey', i from added, json_array_elements($13::json) i`;

const DECIDE = `
  update plan set approval = $2, decided_at = clock_timestamp(), decided_by = $3, decision_reason = $4,
    decided_principal = $5
  where id = $1 and (approval = 'PENDING' or approval = 'NOT_NEEDED' and $2 = 'REFUSED') and expires_at > clock_timestamp()
    and not exists (select from deployment d where d.plan_id = plan.id)
  returning platform, environment`;
const ACTIONS = { APPROVED: 'plan.approved', REFUSED: 'plan.refused' } as const;

/** The stored plans. They are kept, also those that were refused or never deployed, until retention drops them. */
@Injectable()
export class Plans {
  constructor(
    private readonly em: EntityManager,
    private readonly log: AccessLog,
  ) {}

  /** Safe to repeat with the same id. */
  async add(id: string, draft: Draft, plan: NewPlan): Promise<PlanDetail> {
    const { platform, environment, digest, order, items } = draft;
    await untilWritten(() =>
      query(this.em, ADD, [
        ...[id, platform, environment, JSON.stringify(plan.source), storableText(plan.actor)],
        ...[storableText(plan.reason), plan.forced, digest, plan.readCallId, JSON.stringify(order)],
        ...[plan.approval, plan.validMs, JSON.stringify(items), plan.principal],
      ]),
    );
    return this.get(id);
  }

  /** Throws {@link PlanNotFoundError}. */
  async get(id: string): Promise<PlanDetail> {
    const plan = await this.find(id);
    if (!plan) throw new PlanNotFoundError(id);
    const { rows } = await query<{ content: PlannedItem }>(
      this.em,
      'select content from plan_item where plan_id = $1 order by kind, type_key',
      [id],
    );
    return { ...plan, items: rows.map(({ content }) => content) };
  }

  async find(id: string): Promise<Plan | undefined> {
    const { rows } = await query<StoredPlan>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from plan p where p.id = $1`,
      values: [id],
    });
    return rows[0] && planOf(rows[0]);
  }

  /** Newest first, from a start on; everything given must hold. */
  async list({ platform, environment, approval }: PlanFilter, limit: number, start?: PageStart): Promise<Plan[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<StoredPlan>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from plan p
       where ($1::text is null or p.platform = $1) and ($2::text is null or p.environment = $2)
         and ($3::text is null or p.approval = $3) and ($4::uuid is null or p.id ${beyond} $4)
       order by p.id ${order} limit $5`,
      values: [platform, environment, approval, start?.key, limit],
    });
    return rows.map(planOf);
  }

  /** Approves or refuses what waits for it. Throws {@link PlanNotFoundError} and {@link PlanDecidedError}. */
  async decide(
    id: string,
    approval: 'APPROVED' | 'REFUSED',
    { actor, principal, reason }: Decision,
  ): Promise<PlanDetail> {
    const values = [id, approval, storableText(actor), storableText(reason), principal];
    const { rows } = await this.log.withChange(
      (transaction) => transaction.query<Target>(DECIDE, values),
      ({ rows: [target] }) => target && { action: ACTIONS[approval], actor, target, subject: id, filter: { reason } },
    );
    const plan = await this.get(id);
    if (rows.length === 0) throw new PlanDecidedError(plan);
    return plan;
  }
}

/** A plan that is older than the groups has keys in their place. */
type StoredPlan = Omit<Plan, 'order'> & { order: (string | string[])[] };

/** JSON has no times. */
function planOf({ source, order, ...plan }: StoredPlan): Plan {
  return {
    ...plan,
    source: { ...source, ...(source.at && { at: new Date(source.at) }) },
    order: order.map((one) => [one].flat()),
  };
}
