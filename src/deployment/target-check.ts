import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, untilWritten } from '#database';
import { type LiveItem, LiveReader, type LiveState } from '#live';
import { movedText, type SeenState } from '#plan';
import type { ItemRef, SyncFailure, Target } from '#platform';
import { isOfDeployment } from '#recording';
import { TargetReader } from '#tracking';
import { refKey } from '#versioning';
import type { Deployment } from './deployment.entity.ts';

/** Milliseconds after which what was read of a target is read again before anything is sent. */
const FRESH_MS = 10_000;

const OPEN = `
  select i.kind, i.type_key as "typeKey", i.before_state as state, i.previous_hash as "versionHash",
    coalesce(d.read_at > clock_timestamp() - $2 * interval '1 millisecond', false) as "isFresh"
  from deployment d join deployment_item i on i.deployment_id = d.id
  where d.id = $1 and i.status = 'IN_PROGRESS' and (i.kind, i.type_key) not in (
    select h.kind, h.type_key from sync_history h where ${isOfDeployment('$1')})`;

const LEAVE_OUT = `
  update deployment_item i set status = 'NOT_SENT', error_code = $2
  from unnest($3::text[], $4::text[]) as m (kind, type_key)
  where i.deployment_id = $1 and i.status = 'IN_PROGRESS' and i.kind = m.kind and i.type_key = m.type_key`;

const REPLACE = `
  update deployment_item i set previous_hash = m.hash, before_state = m.state, before_sync_id = m.sync_id
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[]) as m (kind, type_key, state, hash, sync_id)
  where i.deployment_id = $1 and i.kind = m.kind and i.type_key = m.type_key`;

type OpenItem = ItemRef & Pick<SeenState, 'state' | 'versionHash'> & { isFresh: boolean };

/** Compares a target with the plan of a deployment, right before it is sent: what waited in the queue may have gone stale. */
@Injectable()
export class TargetCheck {
  constructor(
    private readonly em: EntityManager,
    private readonly reader: TargetReader,
    private readonly live: LiveReader,
  ) {}

  /**
   * Leaves out, or takes note of, what has changed since, as the deployment says. The answer is why nothing may be sent. Safe
   * to repeat.
   */
  async before(deployment: Deployment): Promise<SyncFailure | undefined> {
    const { id } = deployment;
    if (!deployment.planId || deployment.checkedAt) return undefined;
    const items = await untilWritten(async () => (await query<OpenItem>(this.em, OPEN, [id, FRESH_MS])).rows);
    if (items.length > 0) {
      if (!items[0]!.isFresh && !(await this.reader.readInTime(deployment, items))) {
        await this.leaveOut(id, items, 'TARGET_NOT_READ');
        return { code: 'TARGET_NOT_READ', message: `${nameOf(deployment)} could not be read, so nothing was sent.` };
      }
      const moved = await this.moved(deployment, items);
      if (moved.length > 0 && deployment.onDrift === 'stop') {
        await this.leaveOut(id, items, 'PLAN_STALE');
        return { code: 'PLAN_STALE', message: staleText(moved) };
      }
      if (deployment.onDrift === 'skip') await this.leaveOut(id, moved, 'DRIFTED');
      else await this.replace(id, moved);
    }
    await this.write('update deployment set checked_at = clock_timestamp() where id = $1', [id]);
    return undefined;
  }

  private async moved(target: Target, items: OpenItem[]): Promise<Moved[]> {
    const live = await untilWritten(() => this.live.of(target, items));
    return items.flatMap((item) => {
      const { kind, typeKey } = item;
      const now = stateOf(live.get(refKey(item)));
      const isSame = now.state === (item.state ?? 'ABSENT') && now.versionHash === item.versionHash;
      return isSame ? [] : [{ kind, typeKey, ...now }];
    });
  }

  private async leaveOut(id: string, items: ItemRef[], code: string): Promise<void> {
    await this.write(LEAVE_OUT, [id, code, items.map(({ kind }) => kind), items.map(({ typeKey }) => typeKey)]);
  }

  private async replace(id: string, moved: Moved[]): Promise<void> {
    if (moved.length === 0) return;
    await this.write(REPLACE, [
      id,
      ...[moved.map(({ kind }) => kind), moved.map(({ typeKey }) => typeKey), moved.map(({ state }) => state)],
      ...[moved.map(({ versionHash }) => versionHash), moved.map(({ syncId }) => syncId)],
    ]);
  }

  private async write(statement: string, values: unknown[]): Promise<void> {
    await untilWritten(() => query(this.em, statement, values));
  }
}

interface Moved extends ItemRef, SeenState {
  changedBy: string | null;
}

function stateOf(live: (LiveItem & LiveState) | undefined): SeenState & { changedBy: string | null } {
  const { state = 'ABSENT', versionHash = null, syncId = null, changedBy = null } = live ?? {};
  return { state, versionHash, syncId, changedBy };
}

function staleText(moved: Moved[]): string {
  const text = movedText(moved.map((item) => ({ ...item, moved: 'TARGET' })));
  return `While the deployment waited, content types have changed: ${text}. Nothing was sent. Make a new plan.`;
}

function nameOf({ platform, environment }: Target): string {
  return `The target "${platform}" "${environment}"`;
}
