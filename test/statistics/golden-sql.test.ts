import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partsOf } from '../../src/statistics/interval-parts.ts';
import { readStatement } from '../../src/statistics/stats.reading.ts';
import { CATCH_UP_BEFORE, differences, PROJECT, RECOUNT } from '../../src/statistics/stats.statements.ts';
import { HOURLY } from '../../src/statistics/stats.tables.ts';

const FOLDER = join(import.meta.dirname, 'golden');
const STARTS = [new Date('2026-03-01T10:30:00Z'), new Date('2026-03-03T10:30:00Z')];

/** The hourly numbers of a platform, for each environment. */
function hourlyNumbers(): string {
  const parts = partsOf(STARTS, { days: true, hours: true });
  return readStatement({ scope: { platform: 'optimizely' }, starts: STARTS, by: ['environment'] }, parts, false).text;
}

describe('the SQL of the statistics', () => {
  // `GOLDEN=write npm test -- golden-sql` writes the files after a change that is meant.
  it.each([
    ['count-events', PROJECT],
    ['recount-history', RECOUNT],
    ['catch-up', CATCH_UP_BEFORE],
    ['differences-of-hours', differences(HOURLY, '$1')],
    ['read-numbers', hourlyNumbers()],
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
