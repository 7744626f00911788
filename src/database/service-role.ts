import { escapeIdentifier, escapeLiteral } from 'pg';
import { OWNERS_FUNCTIONS, SERVICE_RIGHTS } from '#migrations';
import { ServiceRoleError } from './database.errors.ts';

/** A role with which the service runs, and that does not own the tables. */
export interface ServiceRole {
  role: string;
  /** Months of syncs and events that it cannot drop, before the current one; null: it drops none. */
  factMonths: number | null;
}

/** Asks and answers within a transaction of the owner. */
export type Ask = <Row>(statement: string) => Promise<Row[]>;

/**
 * Gives a role what the service does, and takes from it everything else that it may do with the tables. Throws
 * {@link ServiceRoleError} when it could change the record in another way.
 */
export async function grantToService(ask: Ask, { role, factMonths }: ServiceRole): Promise<void> {
  const schema = await assertIsLesser(ask, role);
  const name = escapeIdentifier(role);
  const tables = await ask<{ name: string }>(TABLES);
  await ask(`revoke all on ${tables.map((table) => table.name).join(', ')} from ${name}`);
  await ask(`grant usage on schema ${schema} to ${name}`);
  for (const [rights, names] of Map.groupBy(Object.keys(SERVICE_RIGHTS), (table) => SERVICE_RIGHTS[table]!)) {
    await ask(`grant ${rights.join(', ')} on ${names.join(', ')} to ${name}`);
  }
  await ask(`grant execute on function ${OWNERS_FUNCTIONS.join(', ')} to ${name}`);
  await ask('delete from retention_minimum');
  if (factMonths !== null) await ask(`insert into retention_minimum (fact_months) values (${factMonths})`);
}

/** The answer is the schema of the tables. */
async function assertIsLesser(ask: Ask, role: string): Promise<string> {
  const [found] = await ask<Standing>(standingOf(role));
  const name = escapeIdentifier(role);
  if (!found)
    throw new ServiceRoleError(`The role ${name} does not exist. Create it: create role ${name} login password '…'`);
  const { schema, owner, isOwner, mayCreate } = found;
  if (isOwner) {
    throw new ServiceRoleError(
      `The role ${name} is a superuser, or has the rights of ${owner}, the owner of the tables. Name another role as SERVICE_ROLE`,
    );
  }
  if (mayCreate) {
    throw new ServiceRoleError(
      `The role ${name} may create tables in the schema ${schema}. Take this right away: ` +
        `revoke create on schema ${schema} from public, ${name}`,
    );
  }
  return schema;
}

interface Standing {
  schema: string;
  owner: string;
  isOwner: boolean;
  mayCreate: boolean;
}

function standingOf(role: string): string {
  return `
    select quote_ident(n.nspname) as schema, quote_ident(pg_get_userbyid(c.relowner)) as owner,
      pg_has_role(r.oid, c.relowner, 'member') as "isOwner", has_schema_privilege(r.oid, n.oid, 'create') as "mayCreate"
    from pg_roles r, pg_class c join pg_namespace n on n.oid = c.relnamespace
    where r.rolname = ${escapeLiteral(role)} and c.oid = 'sync_event'::regclass`;
}

const OWN_NAMES = Object.keys(SERVICE_RIGHTS).map(escapeLiteral).join(', ');

/** With the months of the partitioned ones, on which nobody has rights but by their parents. */
const TABLES = `
  select c.oid::regclass::text as name from pg_class c where c.oid in (select to_regclass(n) from unnest(array[${OWN_NAMES}]) n)
  union all select inhrelid::regclass::text from pg_inherits
  where inhparent in ('sync_history'::regclass, 'sync_event'::regclass)`;
