import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { Schedule } from '#schedule';
import { BATCH, PROJECT } from './stats.statements.ts';

const ANSWER_WITHIN_MS = 30_000;

/**
 * Counts events into the stats, in the order of their positions and each once: whatever happens to a process in between,
 * a batch is counted and the position moved, or neither. Of any number of replicas one counts at a time.
 */
@Injectable()
export class StatsProjector {
  constructor(
    private readonly em: EntityManager,
    schedule: Schedule,
  ) {
    schedule.add('statistics.count', () => this.project());
  }

  /** Counts what has a position and is not counted, unless somebody else is counting. */
  async project(): Promise<void> {
    for (let count = BATCH; count === BATCH;) {
      if ((await this.lag()) === 0) return;
      const { rows } = await query<{ count: number }>(this.em, { text: PROJECT, withinMs: ANSWER_WITHIN_MS });
      count = rows[0]!.count;
    }
  }

  /** How many events have a position and are not counted. */
  async lag(): Promise<number> {
    const { rows } = await query<{ lag: number }>(
      this.em,
      'select (e.last - s.last)::float8 as lag from event_position e, sync_stats_position s',
    );
    return rows[0]!.lag;
  }
}
