import { unseen } from '#database';
import { type FilteredField, SYNC_FIELDS } from '#recording';
import { anyWhereSql, idRange, type ResolvedFilter } from './sync-history.filter.ts';
import type { Cursor } from './sync-history.cursor.ts';

/** Rows that a walk looks at. */
export const MAX_WALKED = 1_000;
/** Rows that it looks at where the first ones had nothing. */
export const MAX_WALKED_FAR = 5_000;

/** Below and above every id. */
const [FIRST_ID, LAST_ID] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** An index that ends with the id, and the part of it in which its first columns have one value each. */
interface Walk {
  fields: FilteredField[];
  /** SQL: which syncs the index has; all by default. */
  has?: (column: string) => string;
  /** Whether it has those with this value. */
  holds?: (value: unknown) => boolean;
}

const isThere = (column: string) => `${column} is not null`;

/** Those with the fewest syncs of one value stand first; the last one is the primary key. */
const WALKS: Walk[] = [
  { fields: ['deploymentId'], has: isThere },
  { fields: ['errorFingerprint'], has: isThere },
  { fields: ['errorCode'], has: isThere },
  { fields: ['typeKey'] },
  { fields: ['status'], has: (column) => `${column} <> 'SUCCESS'`, holds: (value) => value !== 'SUCCESS' },
  { fields: ['platform', 'environment'] },
  { fields: [] },
];

/** What is read of a walk. */
export interface WalkRequest {
  filter: ResolvedFilter;
  descending: boolean;
  /** The page begins beyond it. */
  place?: Pick<Cursor, 'id'>;
  limit: number;
  /** Rows that it looks at. */
  most: number;
}

/**
 * A statement that goes along one index in the order of a list, for so many rows at the most: its text depends on
 * the index and the direction alone, and its plan on nothing, so it is planned once. A last row with `is_cut` says that there
 * is more beyond. It is of no use where only few of many syncs match.
 */
export function walkStatement(columns: string, { filter, descending, place, limit, most }: WalkRequest) {
  const values: unknown[] = [];
  const bind = (value: unknown, type: string) => unseen(`$${values.push(value)}`, type);
  const { fields, has } = walkOf(filter);
  const names = fields.map((name) => `h.${SYNC_FIELDS[name].column}`);
  const wanted = fields.map((name) => bind([filter[name]].flat()[0], SYNC_FIELDS[name].type));
  const { after = FIRST_ID, before = LAST_ID } = idRange(filter);
  const [low, high] = [
    bind(lowest(after, place, descending), 'uuid'),
    bind(highest(before, place, descending), 'uuid'),
  ];
  // Compared as rows: of two plain comparisons of the id the planner expects next to nothing, and reads all to sort it.
  const key = (of: string[], id: string) => `(${(of.length > 0 ? [...of, id] : [id, id]).join(', ')})`;
  const where = [
    ...(has ? [has(names[0]!)] : []),
    `${key(names, 'h.id')} > ${key(wanted, low)}`,
    `${key(names, 'h.id')} < ${key(wanted, high)}`,
  ].join(' and ');
  const order = [...names, 'h.id'].map((name) => `${name} ${descending ? 'desc' : 'asc'}`).join(', ');
  const walk = `select * from sync_history h where ${where} order by ${order}`;
  const items = bind(limit, 'integer');
  const text = `
    select * from (
      (select ${columns}, false as is_cut from (${walk} limit ${most}) h where ${anyWhereSql(filter, bind)}
       order by ${order} limit ${items})
      union all
      (select ${columns}, true from (${walk} offset ${most} limit 1) h)) walked
    limit ${items}`;
  return { text, values };
}

function walkOf(filter: ResolvedFilter): Walk {
  const isOne =
    ({ holds = () => true }: Walk) =>
    (name: FilteredField) => {
      const values = [filter[name] ?? []].flat();
      return values.length === 1 && holds(values[0]);
    };
  return WALKS.find((walk) => walk.fields.every(isOne(walk)))!;
}

function lowest(after: string, place: Pick<Cursor, 'id'> | undefined, descending: boolean): string {
  return !descending && place && place.id > after ? place.id : after;
}

function highest(before: string, place: Pick<Cursor, 'id'> | undefined, descending: boolean): string {
  return descending && place && place.id < before ? place.id : before;
}
