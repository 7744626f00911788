import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { type FilterConditions, isSmall } from '#history';
import { type FilteredField, fieldsWith } from '#recording';
import type { DurationHistogram } from './duration-histogram.ts';
import { partsOf } from './interval-parts.ts';
import { IntervalTooLongError } from './statistics.errors.ts';
import { type Basis, MAX_UNCOUNTED, readStatement, type StatsQuestion } from './stats.reading.ts';
import { DIMENSIONS, type Level, levelWith, type StatsTable, TYPE } from './stats.tables.ts';

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
  /** Where they are asked for. */
  last_at?: Date | null;
  last_success_at?: Date | null;
}

/**
 * Adds up what syncs were like, as of this moment and to the last of them: whole hours and days from the stats, what is
 * not counted there yet by its events, the ends of each bucket from the history. What the stats do not tell apart is read
 * from the history alone.
 */
@Injectable()
export class StatsReader {
  /** The first day that was not summed when this process last saw it. */
  private until?: number;

  constructor(private readonly em: EntityManager) {}

  /** A row for each bucket, and value, in which there are syncs; in no order. */
  async read(question: StatsQuestion): Promise<StatsRow[]> {
    const { scope } = question;
    const uncountedNames = namesBesides(scope);
    if (uncountedNames.length > 0) {
      if (!isSmall(scope)) assertReadable(question, uncountedNames);
      return (await this.query(question, OF_HISTORY)).rows;
    }
    const level = levelFor(question);
    this.until ??= await this.summedUntil();
    const now = question.latest ? undefined : Date.now();
    const { basis, rows, isRight } = await this.query(question, level, now);
    this.until = basis.until.getTime();
    // Where counting is that far behind, the history itself is asked.
    if (basis.uncounted > MAX_UNCOUNTED) return (await this.query(question, OF_HISTORY)).rows;
    return isRight ? rows : (await this.query(question, level)).rows;
  }

  private async query(question: StatsQuestion, { summed, base }: Level, now?: number) {
    const until = this.until ?? 0;
    const spans = (tables: StatsTable[]) => tables.map(({ span }) => span);
    const parts = partsOf(question.starts, { summed: spans(summed), until, base: spans(base), now });
    const { text, parameters } = readStatement(question, parts, [...summed, ...base]);
    const answer = await query<FoundRow & Basis>(this.em, {
      types: DRIVER_TYPES,
      withinMs: LONG_READ_MS,
      text,
      values: parameters,
    });
    const basis: Basis = answer.rows[0]!;
    // What retention has dropped cannot be taken off.
    const isTakenOff = parts.surplus.every(({ from }) => basis.since === null || from >= basis.since.getTime());
    const isRight = isTakenOff && until <= basis.until.getTime();
    return { basis, isRight, rows: answer.rows.filter(({ at }) => (at as number | null) !== null).map(withHistogram) };
  }

  private async summedUntil(): Promise<number> {
    const text = 'select (extract(epoch from summed_until) * 1000)::float8 as until from sync_stats_position';
    const { rows } = await query<{ until: number }>(this.em, text);
    return rows[0]!.until;
  }
}

/** Nothing from the stats. */
const OF_HISTORY: Level = { summed: [], base: [] };

function levelFor({ scope, by = [] }: StatsQuestion): Level {
  const asked = fieldsWith('filter').filter(({ name }) => scope[name as FilteredField] !== undefined);
  return levelWith([...asked.map(({ column }) => column), ...by])!;
}

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

/** A histogram as it comes: numbers in text, in any order; null where nothing was measured. */
type FoundRow = Omit<StatsRow, 'buckets' | 'counts'> & { buckets: string | null; counts: string | null };

function withHistogram({ buckets: inAnyOrder, counts: ofThose, ...row }: FoundRow): StatsRow {
  const [buckets, counts] = [numbersIn(inAnyOrder), numbersIn(ofThose)];
  if (buckets.every((bucket, index) => index === 0 || bucket > buckets[index - 1]!)) return { ...row, buckets, counts };
  const order = [...buckets.keys()].sort((a, b) => buckets[a]! - buckets[b]!);
  return { ...row, buckets: order.map((index) => buckets[index]!), counts: order.map((index) => counts[index]!) };
}

function numbersIn(text: string | null | undefined): number[] {
  return text ? text.split(' ').map(Number) : [];
}
