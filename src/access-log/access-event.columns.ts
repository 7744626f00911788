import type { ExportedColumn } from '#export';
import type { AccessEvent } from './access-event.ts';

/** A column of `access_event`. Position and time are given by the database. */
interface AccessColumn {
  name: keyof AccessEvent;
  column: string;
  type: string;
  /** As of `ExportedColumn`. */
  foreign?: boolean;
}

const text = (name: keyof AccessEvent, column: string = name): AccessColumn => ({
  ...{ name, column, type: 'text', foreign: true },
});

/** The columns that are written down with an event. */
export const WRITTEN: readonly AccessColumn[] = [
  { name: 'id', column: 'id', type: 'uuid' },
  ...[text('action'), text('principal'), text('actor'), text('onBehalfOf', 'on_behalf_of'), text('client')],
  ...[text('address'), text('operation'), text('platform'), text('environment'), text('subject')],
  { name: 'filter', column: 'filter', type: 'jsonb', foreign: true },
  { name: 'rows', column: 'row_count', type: 'bigint' },
  { name: 'status', column: 'status', type: 'integer' },
  text('code'),
  { name: 'count', column: 'count', type: 'bigint' },
];

const COLUMNS: readonly AccessColumn[] = [
  { name: 'position', column: 'position', type: 'bigint' },
  { name: 'createdAt', column: 'created_at', type: 'timestamptz' },
  ...WRITTEN,
];

/** The columns of a file. */
export const EXPORTED: readonly ExportedColumn[] = COLUMNS.map(({ name, column, type, foreign }) => ({
  ...{ name, type, foreign },
  sql: `e.${column}`,
}));

/** SQL: an event under the names of the API. */
export const SELECTED = COLUMNS.map(
  ({ name, column, type }) => `e.${column}${type === 'bigint' ? '::float8' : ''} as "${name}"`,
).join(', ');

const NAMES = WRITTEN.map(({ column }) => column).join(', ');

/**
 * SQL: writes events, each column a parameter with a list, and gives them the next positions. The transaction that gives positions
 * holds their one row to its end: there are no gaps, and the order is that of the commits. What is there already
 * is left out.
 */
export const APPEND = `
  with given as (
    select * from unnest(${WRITTEN.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')})
      with ordinality as g (${NAMES}, ordinal)),
  fresh as materialized (
    select g.*, row_number() over (order by g.ordinal) as nth from given g
    where not exists (select from access_event e where e.id = g.id)),
  head as (
    update access_position
    set last = last + (select count(*) from fresh), last_at = greatest(last_at, clock_timestamp())
    where exists (select from fresh) returning last, last_at)
  insert into access_event (position, created_at, ${NAMES})
  select head.last - (select count(*) from fresh) + nth, head.last_at, ${NAMES} from fresh, head`;
