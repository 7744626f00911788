import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, untilWritten } from '#database';
import { isFrozen } from '#freeze';
import { PlatformRegistry } from '#platform';
import { Heartbeat } from '#recording';

const UNIQUE_VIOLATION = '23505';

/**
 * Those that may run now: the oldest of each target where none runs, and those whose process has ended. `$2` are busy or
 * postponed in this process, `$3` the platforms that it has.
 */
const CLAIM = `
  with due as (
    select d.id from deployment d
    where d.status in ('QUEUED', 'IN_PROGRESS') and d.platform = any($3::text[]) and d.id <> all($2::uuid[])
      and case d.status
        when 'IN_PROGRESS' then d.owner is null or d.owner = $1 or not is_alive(d.owner)
        else not ${isFrozen('d')} and not exists (
          select from deployment e
          where e.platform = d.platform and e.environment = d.environment and e.id <> d.id
            and (e.status = 'IN_PROGRESS' or e.status = 'QUEUED' and e.number < d.number)) end
    order by d.number limit 10 for update skip locked)
  update deployment d set status = 'IN_PROGRESS', owner = $1, started_at = coalesce(d.started_at, clock_timestamp()),
    -- What another process left may have gone stale.
    checked_at = case when d.owner = $1 then d.checked_at end
  from due where d.id = due.id
  returning d.id`;

/** The deployments of each target wait for each other, in the order of their numbers. Of any number of replicas one runs one. */
@Injectable()
export class DeploymentQueue {
  constructor(
    private readonly em: EntityManager,
    private readonly heartbeat: Heartbeat,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** The deployments that are this process's from now on, without those that it is `busy` with. */
  async claim(busy: string[]): Promise<string[]> {
    try {
      const { rows } = await query<{ id: string }>(this.em, CLAIM, [
        this.heartbeat.owner,
        busy,
        this.platforms.names(),
      ]);
      return rows.map(({ id }) => id);
    } catch (error) {
      // Another replica was faster, with a deployment of the same target that this one could not see yet.
      if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return [];
      throw error;
    }
  }

  /** Whether this process still runs a deployment: one that was paused may have lost it. Waits while the database is away. */
  async isMine(id: string): Promise<boolean> {
    const statement = 'select from deployment where id = $1 and owner = $2';
    const { rows } = await untilWritten(() => query(this.em, statement, [id, this.heartbeat.owner]));
    return rows.length > 0;
  }

  /** Leaves what this process has not ended to others, at once. */
  async release(): Promise<void> {
    await query(this.em, `update deployment set owner = null where owner = $1 and status = 'IN_PROGRESS'`, [
      this.heartbeat.owner,
    ]);
  }

  /** How many deployments of the same target are before each of these that waits, with the one that runs. */
  async places(ids: string[]): Promise<Map<string, number>> {
    const { rows } = await query<{ id: string; place: number }>(
      this.em,
      `select d.id, (
         select count(*) from deployment e
         where e.platform = d.platform and e.environment = d.environment
           and (e.status = 'IN_PROGRESS' or e.status = 'QUEUED' and e.number < d.number))::integer as place
       from deployment d where d.id = any($1::uuid[]) and d.status = 'QUEUED'`,
      [ids],
    );
    return new Map(rows.map(({ id, place }) => [id, place]));
  }
}
