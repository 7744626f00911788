import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partsOf } from '../../src/statistics/interval-parts.ts';
import { readStatement } from '../../src/statistics/stats.reading.ts';
import {
  CATCH_UP_BEFORE,
  differences,
  factsUpToPosition,
  PROJECT,
  RECOUNT,
  sumUp,
} from '../../src/statistics/stats.statements.ts';
import { levelWith, STATS_TABLES, type StatsTable } from '../../src/statistics/stats.tables.ts';
import { hourDifferences } from '../../src/statistics/facet.statements.ts';

const FOLDER = join(import.meta.dirname, 'golden');
const STARTS = [new Date('2026-03-01T10:30:00Z'), new Date('2026-03-03T10:30:00Z')];

const table = (asked: string) => STATS_TABLES.find(({ name }) => name === asked)!;

/** The numbers of a platform, for each environment. */
function numbers(): string {
  const { summed, base } = levelWith(['target_platform', 'environment'])!;
  const spans = (tables: StatsTable[]) => tables.map(({ span }) => span);
  const until = Date.parse('2026-03-03T00:00:00Z');
  const parts = partsOf(STARTS, { summed: spans(summed), until, base: spans(base), now: STARTS[1]!.getTime() });
  const asked = { scope: { platform: 'optimizely' }, starts: STARTS, by: ['environment' as const] };
  return readStatement(asked, parts, [...summed, ...base]).text;
}

describe('the SQL of the statistics', () => {
  // `GOLDEN=write npm test -- golden-sql` writes the files after a change that is meant.
  it.each([
    ['count-events', PROJECT],
    ['recount-history', RECOUNT],
    ['catch-up', CATCH_UP_BEFORE],
    ['differences-of-hours', differences(table('sync_stats_hourly'), '$1')],
    ['differences-of-weeks', differences(table('sync_stats_platform_type_weekly'), '$1')],
    ['differences-of-facets', hourDifferences(factsUpToPosition('$1'), '$1')],
    ['sum-up-weeks', sumUp(table('sync_stats_platform_type_weekly'))],
    ['read-numbers', numbers()],
  ])('%s is what stands in its file, where a person can read it', (name, sql) => {
    const file = join(FOLDER, `${name}.sql`);
    const text = laidOut(sql);
    if (process.env.GOLDEN === 'write') writeFileSync(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

/** One line for each part: a common table expression, a clause, a branch of a union. */
function laidOut(sql: string): string {
  const clauses =
    /\s+(?=(?:from|where|group by|order by|left join|full join|cross join|on conflict|union all|returning)\b)/g;
  const lines = sql
    .replaceAll(/\s+/g, ' ')
    .replaceAll(clauses, '\n    ')
    .replaceAll(/(with|\),) (?=\w+ (?:\(\w+\) )?as (?:materialized )?\()/g, '$1\n  ');
  return `${lines.trim()}\n`;
}
