import type { EntityManager } from '@mikro-orm/core';
import type { Migration } from '@mikro-orm/migrations';
import { OWNERS_FUNCTIONS, SERVICE_RIGHTS } from '#migrations';
import { MigrationNeededError, ServiceRoleError } from './database.errors.ts';
import { query } from './postgres-pool.ts';

const NOT_ALLOWED = '42501';

interface Login {
  role: string;
  /** Who owns the tables; null when there are none. */
  owner: string | null;
  isOwner: boolean;
  mayCreate: boolean;
  schema: string | null;
}

/** Whether the role of this connection may migrate: it owns the tables, or can create them. */
export async function mayMigrate(em: EntityManager): Promise<boolean> {
  return canMigrate(await readLogin(em));
}

/** Throws {@link ServiceRoleError} for a role that is the service's and not the owner's. */
export async function assertMayMigrate(em: EntityManager): Promise<void> {
  const login = await readLogin(em);
  if (canMigrate(login)) return;
  const { role, owner, schema } = login;
  throw new ServiceRoleError(
    owner === null
      ? `The role "${role}" may not create tables in the schema ${schema ?? '(none)'}. Use the DATABASE_URL of a role that may`
      : `The role "${role}" does not own the tables. Use the DATABASE_URL of their owner "${owner}"`,
  );
}

/** Throws {@link MigrationNeededError} unless the tables are those of this version, and its role may use them. */
export async function assertMigrated(
  em: EntityManager,
  migrations: (new (...given: never) => Migration)[],
): Promise<void> {
  const login = await readLogin(em);
  const needed = (problem: string): MigrationNeededError => new MigrationNeededError(problem, login);
  if (login.owner === null) throw needed(`there are no tables of SyncTrail in the schema ${login.schema ?? '(none)'}`);
  const { rows: ran } = await query<{ name: string }>(em, 'select name from synctrail_migration').catch(
    (error: { code?: string }) => {
      throw error.code === NOT_ALLOWED ? needed('the role may not read them') : error;
    },
  );
  const known = new Set(ran.map(({ name }) => name));
  const missing = migrations.map(({ name }) => name).filter((name) => !known.has(name));
  if (missing.length > 0) throw needed(`they lack ${count(missing.length, 'migration')}: ${some(missing)}`);
  const { rows: refused } = await query<{ what: string }>(em, REFUSED, [rightsAsJson(), OWNERS_FUNCTIONS]);
  if (refused.length > 0) throw needed(`the role may not ${some(refused.map(({ what }) => what))}`);
}

/** Why who has the password of this role can change or remove what is recorded; null when nobody can. */
export async function recordRisk(em: EntityManager): Promise<string | null> {
  const { rows } = await query<{ role: string; isOwner: boolean; mayChange: boolean }>(em, RISK);
  const { role, isOwner, mayChange } = rows[0]!;
  if (!isOwner && !mayChange) return null;
  return (
    `The database role "${role}" ${isOwner ? 'has the rights of the owner of the tables' : 'may change recorded events'}, ` +
    'so the database does not keep the service, or who takes it over, from changing the record. ' +
    'Run "npm run migrate" as the owner with SERVICE_ROLE, and the service with that role'
  );
}

async function readLogin(em: EntityManager): Promise<Login> {
  const { rows } = await query<Login>(
    em,
    `select current_user as role, current_schema() as schema, pg_get_userbyid(c.relowner) as owner,
       coalesce(pg_has_role(c.relowner, 'usage'), false) as "isOwner",
       coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreate"
     from (select) one left join pg_class c on c.oid = to_regclass('synctrail_migration')`,
  );
  return rows[0]!;
}

function canMigrate({ owner, isOwner, mayCreate }: Login): boolean {
  return owner === null ? mayCreate : isOwner;
}

function rightsAsJson(): string {
  const rights = Object.entries(SERVICE_RIGHTS).flatMap(([table, of]) =>
    of.map((right) => ({ table, verb: right.split(' ')[0] })),
  );
  return JSON.stringify(rights);
}

/** Of the rights in $1 and the functions in $2: those that are missing. Some columns of a table are enough for a change of it. */
const REFUSED = `
  select verb || ' ' || "table" as what from json_to_recordset($1::json) as r ("table" text, verb text)
  where not coalesce(case verb when 'delete' then has_table_privilege(to_regclass("table"), verb)
    else has_any_column_privilege(to_regclass("table"), verb) end, false)
  union all
  select 'execute ' || f from unnest($2::text[]) f where not coalesce(has_function_privilege(to_regprocedure(f), 'execute'), false)`;

const RISK = `
  select session_user as role, acts_for_owner() as "isOwner", exists (
    select from (
      select 'sync_event'::regclass as oid union all select 'sync_journal'::regclass
      union all select inhrelid from pg_inherits where inhparent = 'sync_event'::regclass) t
    where has_any_column_privilege(t.oid, 'update') or has_table_privilege(t.oid, 'delete, truncate')) as "mayChange"`;

function count(of: number, what: string): string {
  return `${of} ${what}${of === 1 ? '' : 's'}`;
}

function some(names: string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}
