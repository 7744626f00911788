import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES } from '#database';
import { type Bind, type ResolvedFilter, SyncHistoryQueries, whereSql } from '#history';
import { fieldsWith } from '#recording';
import { EARLIEST } from '#validation';
import { FACET_COLUMNS, FACETS_DAILY, FACETS_HOURLY, facetSteps, stateColumns } from './facet.statements.ts';
import { partsOf, type Span } from './interval-parts.ts';
import { EVER, MAX_UNCOUNTED, sources, UNCOUNTED } from './stats.reading.ts';
import { isCounted, stepsOf, syncOf } from './stats.statements.ts';
import { DIMENSIONS, STATS_SINCE } from './stats.tables.ts';
import { ENDLESS_MS } from './sync-numbers.ts';

const SUMMED = [FACETS_HOURLY, FACETS_DAILY];
const BASE = [FACETS_HOURLY];
const COLUMNS = FACET_COLUMNS.join(', ');
/** By this filter the tables of facets tell syncs apart. */
const COUNTED = new Set<string>(
  fieldsWith('filter')
    .filter(({ column }) => FACET_COLUMNS.includes(column))
    .map(({ name }) => name),
);

/**
 * Counts facets from their tables, as far as the history goes: it shows no more than the list. What is not counted yet is
 * taken in.
 */
@Injectable()
export class FacetReader {
  constructor(
    private readonly em: EntityManager,
    queries: SyncHistoryQueries,
  ) {
    queries.countFacetsWith((filter, bind) => this.combinations(filter, bind));
  }

  /** SQL; undefined under a filter that the tables do not know, and where counting is far behind. */
  private async combinations({ window, dateField, ...scope }: ResolvedFilter, bind: Bind): Promise<string | undefined> {
    if (dateField === 'completed' || !Object.entries(scope).every(isKnown)) return undefined;
    const { rows } = await query<Basis>(this.em, { text: BASIS, types: DRIVER_TYPES });
    const { since, until, uncounted } = rows[0]!;
    const [from, to] = [window.from ?? EARLIEST, window.to ?? new Date(ENDLESS_MS)];
    // Between this look and the answer some more may come.
    if (uncounted > MAX_UNCOUNTED / 2 || to <= since) return undefined;
    const starts = [from > since ? from : since, to];
    const units = { summed: SUMMED.map(({ span }) => span), base: BASE.map(({ span }) => span) };
    const parts = partsOf(starts, { ...units, until: until.getTime(), now: Date.now() });
    const before: Span[] = from < since ? [{ from: from.getTime(), to: since.getTime() }] : [];
    const ofHistory = (spans: Span[], sign: 1 | -1) =>
      sources('sync_history', 'started_at', spans, scope, bind).map(
        (rows) => `select ${COLUMNS}, ${sign} as n from ${rows}`,
      );
    const counted = [...SUMMED, ...BASE].flatMap(({ name, span }, index) =>
      sources(name, span, parts.whole[index]!, scope, bind).map((rows) => `select ${COLUMNS}, total from ${rows}`),
    );
    const all = [
      ...ofHistory([...before, ...parts.raw], 1),
      ...ofHistory(parts.surplus, -1),
      ...counted,
      uncountedSteps(parts.covered[0]!, whereSql({ ...scope, window: EVER }, bind), bind),
    ];
    return `select ${COLUMNS}, sum(n) as n from (${all.join(' union all ')}) part (${COLUMNS}, n) group by ${COLUMNS} having sum(n) > 0`;
  }
}

interface Basis {
  since: Date;
  until: Date;
  uncounted: number;
}

const BASIS = `
  select ${STATS_SINCE} as since, (select summed_until from sync_stats_position) as until,
    (select count(*) from (${UNCOUNTED}) u)::float8 as uncounted`;

function isKnown([name, value]: [string, unknown]): boolean {
  return value === undefined || COUNTED.has(name);
}

/** What uncounted events change. The filter asks for the state that a step brings or ends. */
function uncountedSteps({ from, to }: Span, where: string, bind: Bind): string {
  const steps = `
    select h.started_at, ${DIMENSIONS.map((name) => `h.${name}`).join(', ')}, ${stateColumns(stepsOf('u'))}
    from (${UNCOUNTED}) u cross join lateral (${syncOf('u.sync_id')}) h where ${isCounted('u.type')}`;
  return `
    select ${COLUMNS}, change from (${facetSteps(steps)}) h
    where ${where} and h.started_at >= ${bind(new Date(from), 'timestamptz')} and h.started_at < ${bind(new Date(to), 'timestamptz')}`;
}
