import type { Json, JsonObject } from '#json';
import type { Column } from '#journal';
import type { FinishRow, StartRow } from './sync-rows.ts';
import type { SyncRecord } from './sync-record.entity.ts';

/** A sync before the event of its start is written. */
type Start = Omit<StartRow, 'event'>;
/** A result before its event is written. */
type Finish = Omit<FinishRow, 'event'>;

/** What the code does with a field of a sync. */
interface Uses {
  /** Its value when the sync starts. */
  start?: (row: Start) => unknown;
  /** Its value when the sync is settled. */
  finish?: (row: Finish) => unknown;
  /** A result without a value leaves what stands there. */
  keeps?: true;
  /** SQL: what stands there instead, where a result has no value and the row none either. */
  otherwise?: string;
  /** Its value while an external sync is not settled. */
  unsettled?: (row: Start) => unknown;
  /** Whether the event `sync.recorded` has it, or under which name. */
  recorded?: true | string;
  /** Whether the event that settles the sync has it. */
  settled?: true;
  /** API and exports leave it out. */
  hidden?: true;
  /** Others write its text: an export makes formulas in it harmless. */
  foreign?: true;
  /** A filter asks for its values. */
  filter?: true;
  /** Facets count its values. */
  facet?: true;
}

type Type = 'uuid' | 'text' | 'smallint' | 'integer' | 'boolean' | 'json' | 'timestamptz';
type Property = keyof SyncRecord & string;

/** A field by the property of its entity; its column has the same name in snake case. */
function field<const P extends Property, const U extends Uses>(property: P, type: Type, uses: U) {
  return { property, type, column: property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), ...uses };
}

/**
 * Every field of a sync, once, by its name in the API. Statements, events and their check, filter, facets, export and API
 * are derived from this table.
 */
export const SYNC_FIELDS = {
  id: field('id', 'uuid', { start: (row) => row.id }),
  callId: field('callId', 'uuid', { start: (row) => row.callId, recorded: true, filter: true }),
  kind: field('kind', 'text', { start: (row) => row.kind, recorded: true, foreign: true, filter: true }),
  typeKey: field('typeKey', 'text', { start: (row) => row.typeKey, recorded: true, foreign: true, filter: true }),
  versionHash: field('versionHash', 'text', {
    start: (row) => row.versionHash,
    finish: (row) => row.versionHash,
    keeps: true,
    recorded: true,
    settled: true,
    foreign: true,
    filter: true,
  }),
  platform: field('targetPlatform', 'text', {
    start: (row) => row.platform,
    recorded: true,
    foreign: true,
    filter: true,
    facet: true,
  }),
  environment: field('environment', 'text', {
    start: (row) => row.context.environment,
    recorded: true,
    foreign: true,
    filter: true,
    facet: true,
  }),
  targetAddress: field('targetAddress', 'text', { start: (row) => row.destination.address, recorded: true }),
  targetAccount: field('targetAccount', 'text', {
    start: (row) => row.destination.account,
    recorded: true,
    foreign: true,
  }),
  direction: field('syncDirection', 'text', {
    start: (row) => row.direction,
    recorded: true,
    filter: true,
    facet: true,
  }),
  removal: field('removal', 'boolean', { start: (row) => row.removal, recorded: true }),
  status: field('syncStatus', 'text', {
    finish: (row) => row.status,
    unsettled: () => 'IN_PROGRESS',
    filter: true,
    facet: true,
  }),
  outcome: field('outcome', 'text', {
    finish: (row) => row.outcome,
    settled: true,
    filter: true,
    facet: true,
  }),
  evidence: field('evidence', 'text', { finish: (row) => row.evidence, settled: true, filter: true, facet: true }),
  pushedDigest: field('pushedDigest', 'text', { start: (row) => row.pushedDigest, recorded: true }),
  pushedRedactions: field('pushedRedactions', 'json', {
    start: (row) => row.pushedRedactions,
    recorded: true,
    foreign: true,
  }),
  responseDigest: field('responseDigest', 'text', {
    finish: (row) => row.responseDigest,
    keeps: true,
    unsettled: (row) => row.external?.receivedDigest,
    recorded: 'receivedDigest',
    settled: true,
  }),
  responseRedactions: field('responseRedactions', 'json', {
    finish: (row) => row.responseRedactions,
    keeps: true,
    unsettled: (row) => row.external?.receivedRedactions,
    recorded: 'receivedRedactions',
    settled: true,
    foreign: true,
  }),
  statusCode: field('statusCode', 'smallint', { finish: (row) => row.statusCode, settled: true }),
  requestId: field('requestId', 'text', { finish: (row) => row.requestId, settled: true, foreign: true }),
  errorCode: field('errorCode', 'text', {
    finish: (row) => row.errorCode,
    settled: true,
    foreign: true,
    filter: true,
    facet: true,
  }),
  errorMessage: field('errorMessage', 'text', { finish: (row) => row.errorMessage, settled: true, foreign: true }),
  errorFingerprint: field('errorFingerprint', 'text', {
    finish: (row) => row.errorFingerprint,
    settled: true,
    filter: true,
  }),
  changedBy: field('changedBy', 'text', { finish: (row) => row.changedBy, settled: true, foreign: true }),
  changedAt: field('changedAt', 'timestamptz', { finish: (row) => row.changedAt, settled: true }),
  retryCount: field('retryCount', 'smallint', {
    finish: (row) => row.retryCount,
    keeps: true,
    unsettled: () => 0,
    settled: true,
  }),
  metadata: field('syncMetadata', 'json', {
    start: (row) => jsonOrNull(row.context.metadata),
    finish: (row) => jsonOrNull(row.metadata),
    keeps: true,
    foreign: true,
  }),
  deploymentId: field('deploymentId', 'uuid', {
    start: (row) => row.context.deploymentId,
    recorded: true,
    filter: true,
  }),
  replayOf: field('replayOf', 'uuid', { start: (row) => row.replayOf, recorded: true }),
  actor: field('actor', 'text', { start: (row) => row.context.actor, recorded: true, foreign: true, filter: true }),
  principal: field('principal', 'text', {
    start: (row) => row.context.caller?.principal,
    recorded: true,
    filter: true,
  }),
  onBehalfOf: field('onBehalfOf', 'text', {
    start: (row) => row.context.caller?.onBehalfOf,
    recorded: true,
    foreign: true,
    filter: true,
  }),
  client: field('client', 'text', { start: (row) => row.context.caller?.client, recorded: true, filter: true }),
  trigger: field('trigger', 'text', {
    start: (row) => row.context.trigger,
    recorded: true,
    filter: true,
    facet: true,
  }),
  reason: field('reason', 'text', { start: (row) => row.context.reason, recorded: true, foreign: true }),
  forced: field('forced', 'boolean', { start: (row) => row.context.force ?? false, recorded: true }),
  owner: field('owner', 'uuid', { start: (row) => row.owner, hidden: true }),
  backfilled: field('backfilled', 'boolean', { filter: true }),
  startedAt: field('startedAt', 'timestamptz', {}),
  completedAt: field('completedAt', 'timestamptz', {}),
  durationMs: field('durationMs', 'integer', {
    finish: (row) => row.durationMs,
    keeps: true,
    // The time until somebody noticed that an external sync had expired is no duration.
    otherwise: `case when h.expires_at is null or h.expires_at > clock_timestamp()
      then greatest(least(extract(epoch from clock_timestamp() - h.started_at) * 1000, 2147483647), 0)::integer end`,
    settled: true,
  }),
};

type Fields = typeof SYNC_FIELDS;
type FieldName = keyof Fields;
/** Names of the fields with a use. */
type NamesWith<Use extends keyof Uses> = {
  [Name in FieldName]: Fields[Name] extends Record<Use, unknown> ? Name : never;
}[FieldName];

export type FilteredField = NamesWith<'filter'>;
export type FacetField = NamesWith<'facet'>;
export type ShownField = Exclude<FieldName, NamesWith<'hidden'>>;

/** A sync as the API shows it. */
export type ShownSync = { [Name in ShownField]: ValueOf<SyncRecord[Fields[Name]['property']]> };
type ValueOf<T> = undefined extends T ? Exclude<T, undefined> | null : T;

/** A field with its name in the API. */
export type NamedField = { name: FieldName; property: Property; type: Type; column: string } & Uses;
const ALL = Object.entries(SYNC_FIELDS).map(([name, known]): NamedField => ({ name: name as FieldName, ...known }));

/** The fields with a use, in the order of the table. */
export function fieldsWith(use: keyof Uses): NamedField[] {
  return ALL.filter((one) => one[use] !== undefined);
}

export const SHOWN_FIELDS = ALL.filter(({ hidden }) => !hidden);

/** The sync as the API shows it. */
export function shownSync(sync: SyncRecord): ShownSync {
  const entries = SHOWN_FIELDS.map(({ name, property }) => [name, sync[property] ?? null] as const);
  return Object.fromEntries<unknown>(entries) as ShownSync;
}

/** The columns that are written when a sync starts. */
export const START_COLUMNS = fieldsWith('start').map(({ column, type, start }): Column<Start> => ({
  name: column,
  type,
  value: (row) => start!(row) ?? null,
}));

/** The columns that are written besides when an external sync starts, which may be settled already. */
export const EXTERNAL_COLUMNS = fieldsWith('finish')
  .filter(({ start }) => !start)
  .map(({ column, type, finish, unsettled }): Column<Start> => {
    const before = (row: Start) => unsettled?.(row) ?? null;
    return {
      name: column,
      type,
      value: (row) => (row.external?.finish ? (finish!(row.external.finish) ?? before(row)) : before(row)),
    };
  });

/** The columns that are written when a sync is settled. */
export const FINISH_COLUMNS = fieldsWith('finish').map(
  ({ column, type, finish, keeps, otherwise = `h.${column}` }): Column<Finish> & { settledAs: string } => ({
    ...{ name: column, type },
    settledAs: keeps ? `coalesce(r.${column}, ${otherwise})` : `r.${column}`,
    value: (row) => finish!(row) ?? null,
  }),
);

/** The name of a field in the event `sync.recorded`. */
export function recordedName({ name, recorded }: NamedField): string {
  return typeof recorded === 'string' ? recorded : name;
}

const RECORDED = fieldsWith('recorded').map((one) => ({
  name: recordedName(one),
  value: (one.start ?? one.unsettled)!,
}));
const SETTLED = fieldsWith('settled');

/** What the event `sync.recorded` says of a sync; its start only where another system gave it. */
export function recordedData(row: Start): JsonObject {
  const data: JsonObject = {};
  for (const { name, value } of RECORDED) add(data, name, value(row));
  add(data, 'startedAt', row.external?.startedAt);
  return data;
}

/** What the event that settles a sync says of it; its end only where another system gave it. */
export function settledData(row: Finish): JsonObject {
  const data: JsonObject = {};
  for (const { name, finish } of SETTLED) add(data, name, finish!(row));
  add(data, 'completedAt', row.completedAt);
  return data;
}

function add(data: JsonObject, name: string, value: unknown): void {
  if (value !== undefined && value !== null) data[name] = value as Json;
}

function jsonOrNull(value: JsonObject | null | undefined): string | null {
  return value ? JSON.stringify(value) : null;
}
