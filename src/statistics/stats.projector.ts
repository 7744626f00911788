import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { inTransaction, query, type Transaction } from '#database';
import { Schedule } from '#schedule';
import { BATCH, HELD, PROJECT } from './stats.statements.ts';
import { sumUntilToday } from './stats.rebuilder.ts';

const ANSWER_WITHIN_MS = 30_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Counts events into the stats, in the order of their positions and each once: whatever happens to a process in between,
 * a batch is counted and the position moved, or neither. Of any number of replicas one counts at a time.
 */
@Injectable()
export class StatsProjector {
  /** The day up to which everything is summed, as far as this process knows. */
  private summedUntil = 0;

  constructor(
    private readonly em: EntityManager,
    schedule: Schedule,
  ) {
    schedule.add('statistics.count', async () => {
      await this.project();
      await this.sum();
    });
  }

  /** Counts what has a position and is not counted, unless somebody else is counting. */
  async project(): Promise<void> {
    for (let count = BATCH; count === BATCH;) {
      if ((await this.lag()) === 0) return;
      const { rows } = await query<{ count: number }>(this.em, { text: PROJECT, withinMs: ANSWER_WITHIN_MS });
      count = rows[0]!.count;
    }
  }

  /** Sums the days that are over, once a day, unless somebody else is counting. */
  async sum(): Promise<void> {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    if (this.summedUntil >= today) return;
    const since = await inTransaction(this.em, sumDays, ANSWER_WITHIN_MS);
    if (since !== undefined && since >= today) this.summedUntil = today;
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

/** Tells up to which day everything was summed before; undefined while somebody else is counting. */
async function sumDays(client: Transaction): Promise<number | undefined> {
  const { rows } = await client.query<{ since: string; is_over: boolean }>(
    `select summed_until::text as since, summed_until < date_trunc('day', now(), 'UTC') as is_over from (${HELD}) held`,
  );
  if (rows[0]?.is_over) await sumUntilToday(client, rows[0].since);
  return rows[0] && Date.parse(rows[0].since);
}
