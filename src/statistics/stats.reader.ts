import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import type { DurationHistogram } from './duration-histogram.ts';
import { partsOf } from './interval-parts.ts';
import { MAX_UNCOUNTED, readStatement, type StatsQuestion } from './stats.reading.ts';

/** Sums over syncs, and by what they were told apart; times are milliseconds. */
export interface StatsRow extends DurationHistogram {
  /** The bucket, from 1. */
  at: number;
  target_platform: string;
  environment: string;
  sync_direction: string;
  trigger: string;
  kind: string;
  type_key: string;
  total: number;
  success: number;
  failed: number;
  partial: number;
  first_success: number;
  retries: number;
  /** Settled syncs whose duration is known, and the sum of those. */
  measured: number;
  duration_sum: number;
  last_at: Date | null;
  last_success_at: Date | null;
}

/**
 * Adds up what syncs were like, as of this moment and to the last of them: whole hours and days from the stats, what is
 * not counted there yet by its events, the ends of each bucket from the history.
 */
@Injectable()
export class StatsReader {
  constructor(private readonly em: EntityManager) {}

  /** A row for each bucket, and value, in which there are syncs; in no order. */
  async read(question: StatsQuestion): Promise<StatsRow[]> {
    const { scope, by = [] } = question;
    const byType = scope.typeKey !== undefined || scope.kind !== undefined || by.includes('type_key');
    const { uncounted, rows } = await this.query(question, { byType, days: true, hours: !byType });
    // Where counting is that far behind, the history itself is asked.
    return uncounted > MAX_UNCOUNTED ? (await this.query(question, { byType, days: false, hours: false })).rows : rows;
  }

  private async query(
    question: StatsQuestion,
    { byType, ...units }: { byType: boolean; days: boolean; hours: boolean },
  ) {
    const { text, parameters } = readStatement(question, partsOf(question.starts, units), byType);
    const { rows } = await query<StatsRow & { at: number | null; uncounted: number }>(this.em, {
      types: DRIVER_TYPES,
      withinMs: LONG_READ_MS,
      text,
      values: parameters,
    });
    return { uncounted: rows[0]!.uncounted, rows: rows.filter(({ at }) => at !== null).map(withHistogram) };
  }
}

/** Where nothing was measured there is no histogram. */
function withHistogram({ buckets, counts, ...row }: StatsRow): StatsRow {
  return { ...row, buckets: buckets ?? [], counts: counts ?? [] };
}
