import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query } from '#database';
import { Schedule } from '#schedule';

const MOST = 5_000;

/**
 * Gives committed events their position: gapless, and in an order in which a cause stands before its effect. One short
 * transaction at a time, in whichever replica gets the row. A sequence would skip those who commit late.
 */
@Injectable()
export class EventSequencer {
  constructor(
    private readonly em: EntityManager,
    schedule: Schedule,
  ) {
    // The last run leaves no committed event without its position, if the database answers.
    schedule.add('events.position', () => this.drain(), { last: () => this.drain() });
  }

  /** Resolves when every event that was committed before the call has a position. */
  async drain(): Promise<void> {
    for (let given = MOST; given === MOST;) {
      const { rowCount } = await query(this.em, 'select from sync_event where position is null limit 1');
      if (rowCount === 0) return;
      given = await this.sequence();
    }
  }

  /** A server that was not known gives no position before its epoch has begun. In one message, so in one transaction that no pause of ours can hold open: a replica that stops stops nobody else. */
  private async sequence(): Promise<number> {
    // Without parameters the answer is that of each statement.
    const noteEpoch = `select note_event_epoch('${uuidv7()}')`;
    const answers: unknown = await query(this.em, { text: `${LOCK}; ${noteEpoch}; ${POSITION}`, records: true });
    return (answers as { rowCount: number }[]).at(-1)!.rowCount;
  }
}

const LOCK = 'select from event_position for update';

/** A statement of its own: it must see what was committed before the row was ours. */
const POSITION = `
  with numbered as (
    select id, (select last from event_position) + row_number() over (order by created_at, id) as position
    from (select id, created_at from sync_event where position is null order by created_at, id limit ${MOST}) fresh),
  counted as (update event_position set last = last + (select count(*) from numbered))
  update sync_event e set position = n.position from numbered n where e.id = n.id`;
