import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { LiveReader } from '#live';
import { type ItemRef, itemRef, PlatformRegistry, type SyncAnswerItem, type Target } from '#platform';
import { EVERYTHING, type Observation } from '#recording';
import { refKey } from '#versioning';

/** Tells what a pull can say of the items beside their content. */
@Injectable()
export class PullObservations {
  constructor(
    private readonly em: EntityManager,
    private readonly live: LiveReader,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** What the pull that began with this sync saw of each item, by `refKey`: it says nothing of one that was being pushed. */
  async of(target: Target, firstSyncId: string, items: ItemRef[]): Promise<Map<string, Observation>> {
    const { rows } = await query<{ since: string; pushed: { kind: string; typeKey: string }[] }>(
      this.em,
      `select (select started_at::text from sync_history where id = $1) as since,
         coalesce(json_agg(json_build_object('kind', kind, 'typeKey', type_key)), '[]') as pushed
       from sync_history
       where sync_status = 'IN_PROGRESS' and sync_direction = 'PUSH' and target_platform = $2 and environment = $3`,
      [firstSyncId, target.platform, target.environment],
    );
    const { since: readSince, pushed } = rows[0]!;
    const overlapped = new Set(pushed.map(refKey));
    return new Map(
      items.map((item) => [
        refKey(item),
        { readSince, ...(overlapped.has(refKey(item)) && { overlapped: true as const }) },
      ]),
    );
  }

  /** The items that the record takes to be at the target, and that a pull of everything does not have. */
  async missing(target: Target, received: SyncAnswerItem[]): Promise<ItemRef[]> {
    const held = new Set(received.map((item) => refKey(itemRef(item))));
    const { kinds } = this.platforms.model(target.platform);
    const known = await this.live.ofTarget(target);
    return known
      .filter(
        ({ state, kind, typeKey }) => state !== 'ABSENT' && typeKey !== EVERYTHING && (kinds?.includes(kind) ?? true),
      )
      .filter((item) => !held.has(refKey(item)))
      .map(({ kind, typeKey }) => ({ kind, typeKey }));
  }
}
