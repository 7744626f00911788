import { EntityManager } from '@mikro-orm/core';
import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { inTransaction, postgresPool } from '#database';
import { Periodic } from './periodic.ts';

const EVERY_MS = 300;
const MOST = 5_000;

/**
 * Gives committed events their position: gapless, and in an order in which a cause stands before its effect. One short
 * transaction at a time, in whichever replica gets the row. A sequence would skip those who commit late.
 */
@Injectable()
export class EventSequencer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly runs = new Periodic(EventSequencer.name, EVERY_MS, () => this.drain());

  constructor(private readonly em: EntityManager) {}

  onApplicationBootstrap(): void {
    this.runs.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runs.stop();
  }

  /** Runs until no committed event is without a position, or another replica is at it. */
  private async drain(): Promise<void> {
    const pool = await postgresPool(this.em);
    for (let given = MOST; given === MOST;) {
      const { rowCount } = await pool.query('select from sync_event where position is null limit 1');
      if (rowCount === 0) return;
      given = await this.sequence();
    }
  }

  private async sequence(): Promise<number> {
    return inTransaction(await postgresPool(this.em), async (client) => {
      const { rowCount: mine } = await client.query('select from event_position for update skip locked');
      if (!mine) return 0;
      // A statement of its own: it must see what was committed before the row was ours.
      return (await client.query(POSITION, [MOST])).rowCount ?? 0;
    });
  }
}

const POSITION = `
  with numbered as (
    select id, (select last from event_position) + row_number() over (order by created_at, id) as position
    from (select id, created_at from sync_event where position is null order by created_at, id limit $1) fresh),
  counted as (update event_position set last = last + (select count(*) from numbered))
  update sync_event e set position = n.position from numbered n where e.id = n.id`;
