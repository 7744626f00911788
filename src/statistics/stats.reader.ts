import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { type FilterConditions, isSmall } from '#history';
import { fieldsWith } from '#recording';
import type { DurationHistogram } from './duration-histogram.ts';
import { partsOf } from './interval-parts.ts';
import { IntervalTooLongError } from './statistics.errors.ts';
import { MAX_UNCOUNTED, readStatement, type StatsQuestion } from './stats.reading.ts';
import { DIMENSIONS, TYPE } from './stats.tables.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days of the history that an answer reads, where the stats do not have what is asked for. */
export const MAX_HISTORY_DAYS = 92;

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
  /** Pushes by outcome. */
  applied: number;
  not_applied: number;
  partly_applied: number;
  unknown: number;
  last_at: Date | null;
  last_success_at: Date | null;
}

/**
 * Adds up what syncs were like, as of this moment and to the last of them: whole hours and days from the stats, what is
 * not counted there yet by its events, the ends of each bucket from the history. What the stats do not tell apart is read
 * from the history alone.
 */
@Injectable()
export class StatsReader {
  constructor(private readonly em: EntityManager) {}

  /** A row for each bucket, and value, in which there are syncs; in no order. */
  async read(question: StatsQuestion): Promise<StatsRow[]> {
    const { scope, by = [] } = question;
    const uncountedNames = namesBesides(scope);
    if (uncountedNames.length > 0) {
      if (!isSmall(scope)) assertReadable(question, uncountedNames);
      return (await this.query(question, OF_HISTORY)).rows;
    }
    const byType = scope.typeKey !== undefined || scope.kind !== undefined || by.includes('type_key');
    const { uncounted, rows } = await this.query(question, { byType, days: true, hours: !byType });
    // Where counting is that far behind, the history itself is asked.
    return uncounted > MAX_UNCOUNTED ? (await this.query(question, OF_HISTORY)).rows : rows;
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

/** Nothing from the stats. */
const OF_HISTORY = { byType: false, days: false, hours: false };

/** The filters by which the stats tell syncs apart. */
const COUNTED = new Set<string>(
  fieldsWith('filter')
    .filter(({ column }) => ([...DIMENSIONS, ...TYPE] as string[]).includes(column))
    .map(({ name }) => name),
);

/** What a scope asks for that the stats do not have. */
function namesBesides({ dateField, ...scope }: FilterConditions): string[] {
  const names = Object.entries(scope).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return [...names.filter((name) => !COUNTED.has(name)), ...(dateField === 'completed' ? ['dateField'] : [])];
}

function assertReadable({ starts }: StatsQuestion, names: string[]): void {
  const days = (starts.at(-1)!.getTime() - starts[0]!.getTime()) / DAY_MS;
  if (days > MAX_HISTORY_DAYS) throw new IntervalTooLongError(MAX_HISTORY_DAYS, names);
}

/** Where nothing was measured there is no histogram. */
function withHistogram({ buckets, counts, ...row }: StatsRow): StatsRow {
  return { ...row, buckets: buckets ?? [], counts: counts ?? [] };
}
