import type { FsckDatabase, Finding } from '#database';
import { DAY_DIFFERENCES, FACETS_DAILY, FACETS_HOURLY, hourDifferences } from './facet.statements.ts';
import { differences, factsUpToPosition } from './stats.statements.ts';
import { STATS_SINCE, STATS_TABLES, type StatsTable } from './stats.tables.ts';

/** The stats are what the history says, as far as its events are counted. What retention has dropped cannot be proven. */
export async function* checkStats(database: FsckDatabase): AsyncGenerator<Finding> {
  const { counted, last } = await database.row<{ counted: string | null; last: string }>(
    `select (select max(last) from sync_stats_position) as counted,
       greatest((select max(last) from event_position), (select max(position) from sync_event), 0) as last`,
  );
  if (counted === null || BigInt(counted) > BigInt(last)) {
    const problem = `events are counted up to ${counted ?? 'an unknown position'}, but the last position is ${last}`;
    yield { rule: 'stats.position', subject: 'sync_stats_position', problem };
    return;
  }
  for (const table of STATS_TABLES) {
    const wrong = database.rows<Difference & Record<string, unknown>>(differences(table, STATS_SINCE));
    for await (const { total, settled, expected_total, expected_settled, ...key } of wrong) {
      const problem =
        total === expected_total && settled === expected_settled
          ? `its counts or durations differ from ${sourceOf(table)}; ${REBUILD}`
          : `it counts ${total} syncs, ${settled} of them with a final status, but ${sourceOf(table)} has ${expected_total} and ${expected_settled}; ${REBUILD}`;
      yield { rule: 'stats.counts', subject: `${table.name} ${subject(key)}`, problem };
    }
  }
  yield* checkFacets(database);
}

async function* checkFacets(database: FsckDatabase): AsyncGenerator<Finding> {
  const ofHistory = hourDifferences(factsUpToPosition(STATS_SINCE), STATS_SINCE);
  for (const [name, source, differing] of [
    [FACETS_HOURLY.name, 'the history', ofHistory],
    [FACETS_DAILY.name, FACETS_HOURLY.name, DAY_DIFFERENCES],
  ] as const) {
    const wrong = database.rows<{ total: string; expected_total: string } & Record<string, unknown>>(differing);
    for await (const { total, expected_total, ...key } of wrong) {
      const problem = `it counts ${total} syncs, but ${source} has ${expected_total}; ${REBUILD}`;
      yield { rule: 'stats.counts', subject: `${name} ${subject(key)}`, problem };
    }
  }
}

const REBUILD = 'run synctrail rebuild stats';

function sourceOf({ of }: StatsTable): string {
  return of?.name ?? 'the history';
}

interface Difference {
  total: string;
  settled: string;
  expected_total: string;
  expected_settled: string;
}

function subject(key: Record<string, unknown>): string {
  return Object.values(key)
    .map((value) => (value instanceof Date ? value.toISOString() : String(value)))
    .join(' ');
}
