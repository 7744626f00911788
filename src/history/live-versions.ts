import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES } from '#database';
import type { Direction } from '#recording';
import type { TypeRef } from '#versioning';

/** Which version of a type is live at one place, as far as we know. */
export interface LiveVersion {
  platform: string;
  environment: string;
  versionHash: string;
  /** The newest number with this hash; null for content that is no version of ours. */
  number: number | null;
  /** When it was first seen there, without another in between. */
  since: Date;
  /** The sync that told so last. */
  syncId: string;
  direction: Direction;
}

/** Reads from the successful syncs where a type is, in the environments of its platform. */
@Injectable()
export class LiveVersions {
  constructor(private readonly em: EntityManager) {}

  async of({ platform, kind, typeKey }: TypeRef): Promise<LiveVersion[]> {
    const { rows } = await query<LiveVersion>(this.em, {
      types: DRIVER_TYPES,
      text: LIVE,
      values: [kind, typeKey, platform],
    });
    return rows;
  }
}

/** Places of one answer: callers choose their names. */
const MAX_PLACES = 200;

const successes = `sync_history where type_key = $2 and target_platform = $3 and sync_status = 'SUCCESS'`;

/** Steps along an index from place to place, and at each from its newest success: none goes through all of a type. */
const LIVE = `
  with recursive place as (
    (select environment, 1 as count from ${successes} order by environment limit 1)
    union all
    select next.*, p.count + 1 from place p, lateral (
      select environment from ${successes} and environment > p.environment order by environment limit 1) next
    where p.count < ${MAX_PLACES})
  select $3 as platform, p.environment, live.version_hash as "versionHash", live.id as "syncId",
    live.sync_direction as direction,
    (select max(number) from content_type_version v
     where v.platform = $3 and v.kind = $1 and v.type_key = $2 and v.version_hash = live.version_hash) as number,
    (select h.started_at from ${told('h')} and h.id > coalesce(
       (select o.id from ${told('o')} and o.version_hash <> live.version_hash order by o.id desc limit 1),
       '00000000-0000-0000-0000-000000000000')
     order by h.id limit 1) as since
  from place p, lateral (select h.* from ${told('h')} order by h.id desc limit 1) live
  order by 2`;

/** What the successes of a type at a place tell of its versions. */
function told(alias: string): string {
  return `sync_history ${alias} where ${alias}.type_key = $2 and ${alias}.kind = $1 and ${alias}.sync_status = 'SUCCESS'
    and ${alias}.target_platform = $3 and ${alias}.environment = p.environment
    and ${alias}.version_hash is not null`;
}
