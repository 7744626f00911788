import type { FsckDatabase, Finding } from '#database';
import { deploymentStatus } from './deployment-status.ts';
import { FACTS_SINCE, isOfDeployment, LINKS_SINCE, newestOfDeployment } from '#recording';

/** A deployment is settled after its last sync, by a look every few seconds. */
const GRACE = `interval '15 seconds'`;

/** Each item has the status of its sync, each deployment that of its items; none goes on without its process. */
export async function* checkDeployments(database: FsckDatabase): AsyncGenerator<Finding> {
  const items = database.rows<{ deployment_id: string; type_key: string; status: string; expected: string }>(`
    select * from (
      select deployment_id, type_key, max(status) as status, (array_agg(sync_id) filter (where status is not null))[1] as sync_id,
        coalesce(max(expected), max(unsent)) as expected, max(id::text)::uuid as id
      from (
        select i.deployment_id, i.kind, i.type_key, i.status, i.sync_id, null::uuid as id, null as expected,
          case when i.status in ('NOT_SENT', 'UNCHANGED') and d.plan_id is not null then i.status
            when d.cancelled_at is null then 'FAILED' else 'NOT_SENT' end as unsent
        from deployment d join deployment_item i on i.deployment_id = d.id
        where d.completed_at is not null and d.id >= ${FACTS_SINCE}
        union all
        select d.id, n.kind, n.type_key, null, null, n.id, n.sync_status, null from deployment d cross join lateral (
          ${newestOfDeployment('d.id', 'id, sync_status')}) n) part
      group by deployment_id, kind, type_key) i
    where status <> expected or sync_id is not null and sync_id is distinct from id`);
  for await (const { deployment_id, type_key, status, expected } of items) {
    const problem = `the item "${type_key}" is ${status}, its sync says ${expected}`;
    yield { rule: 'deployment.item', subject: `deployment ${deployment_id}`, problem };
  }
  const deployments = database.rows<{ id: string; status: string; expected: string | null }>(`
    select d.id, d.status, o.status as expected from deployment d, lateral (
      select ${deploymentStatus('d.cancelled_at')} as status from deployment_item i where i.deployment_id = d.id) o
    where d.completed_at is not null and d.status <> o.status`);
  for await (const { id, status, expected } of deployments) {
    yield {
      rule: 'deployment.status',
      subject: `deployment ${id}`,
      problem: `it is ${status}, its items say ${expected}`,
    };
  }
  const foreign = database.rows<{ id: string; deployment_id: string; known: boolean }>(`
    select h.id, h.deployment_id, exists (select from deployment d where d.id = h.deployment_id) as known from sync_history h
    where h.deployment_id is not null and h.expires_at is not null and h.created_at >= ${LINKS_SINCE}`);
  for await (const { id, deployment_id, known } of foreign) {
    const problem = known
      ? `it is an external sync, but names the deployment ${deployment_id}, which the service runs itself`
      : `there is no deployment ${deployment_id}`;
    yield { rule: 'sync.deployment', subject: `sync ${id}`, problem };
  }
  const abandoned = database.rows<{ id: string }>(`
    select d.id from deployment d left join recorder r using (owner)
    where d.status = 'IN_PROGRESS' and d.started_at < now() - ${GRACE}
      and coalesce(r.beat_at < now() - r.lease_ms * interval '1 millisecond' - ${GRACE}, true)
      and not exists (select from sync_history h where ${isOfDeployment('d.id')} and h.sync_status = 'IN_PROGRESS')`);
  for await (const { id } of abandoned) {
    const problem = 'it is in progress, but its process has ended; start the service to go on with it';
    yield { rule: 'deployment.owner', subject: `deployment ${id}`, problem };
  }
}
