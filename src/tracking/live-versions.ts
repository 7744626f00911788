import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, postgresPool } from '#database';
import type { TypeRef } from '#versioning';
import type { Direction } from './sync.ts';

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

/** Reads from the successful syncs what is where. */
@Injectable()
export class LiveVersions {
  constructor(private readonly em: EntityManager) {}

  async of({ kind, typeKey }: TypeRef): Promise<LiveVersion[]> {
    const pool = await postgresPool(this.em);
    const { rows } = await pool.query<LiveVersion>({
      types: DRIVER_TYPES,
      text: `with told as (
         select id, target_platform, environment, version_hash, sync_direction, started_at from sync_history
         where type_key = $2 and kind = $1 and sync_status = 'SUCCESS' and version_hash is not null),
       last as (select distinct on (target_platform, environment) * from told order by target_platform, environment, id desc)
       select l.target_platform as platform, l.environment, l.version_hash as "versionHash", l.id as "syncId",
         l.sync_direction as direction,
         (select max(number) from content_type_version v
          where v.kind = $1 and v.type_key = $2 and v.version_hash = l.version_hash) as number,
         (select min(t.started_at) from told t
          where t.target_platform = l.target_platform and t.environment = l.environment
            and t.id > coalesce((
              select max(o.id::text)::uuid from told o
              where o.target_platform = l.target_platform and o.environment = l.environment
                and o.version_hash <> l.version_hash), '00000000-0000-0000-0000-000000000000')) as since
       from last l order by 1, 2`,
      values: [kind, typeKey],
    });
    return rows;
  }
}
