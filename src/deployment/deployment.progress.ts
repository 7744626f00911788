import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { postgresPool } from '#database';
import type { SyncStatus } from '#tracking';
import type { DeploymentItemDto, ProgressDto } from './deployment.dto.ts';

interface Row {
  kind: string;
  type_key: string;
  version_hash: string;
  previous_hash: string | null;
  sync_id: string | null;
  status: SyncStatus;
  error_code: string | null;
  retry_count: number | null;
}

/** How far a deployment is, read from its syncs while they run. */
@Injectable()
export class DeploymentProgress {
  constructor(private readonly em: EntityManager) {}

  /** How many items each of these deployments has, and how many succeeded so far. */
  async counts(deploymentIds: string[]): Promise<Map<string, Pick<ProgressDto, 'total' | 'succeeded'>>> {
    const pool = await postgresPool(this.em);
    const { rows } = await pool.query<{ id: string; total: number; succeeded: number }>(
      `select i.deployment_id as id, count(*)::integer as total, (count(*) filter (where
         case i.status when 'IN_PROGRESS' then exists (
           select from sync_history h where h.deployment_id = i.deployment_id and h.kind = i.kind
             and h.type_key = i.type_key and h.sync_status = 'SUCCESS' and h.expires_at is null)
         else i.status = 'SUCCESS' end))::integer as succeeded
       from deployment_item i where i.deployment_id = any($1::uuid[]) group by 1`,
      [deploymentIds],
    );
    return new Map(rows.map(({ id, ...counts }) => [id, counts]));
  }

  async of(deploymentId: string): Promise<{ progress: ProgressDto; items: DeploymentItemDto[] }> {
    const pool = await postgresPool(this.em);
    const { rows } = await pool.query<Row>(
      `select i.kind, i.type_key, i.version_hash, i.previous_hash, s.id as sync_id, s.error_code, s.retry_count,
         coalesce(s.sync_status, i.status) as status
       from deployment_item i left join (
         select distinct on (kind, type_key) * from sync_history
         where deployment_id = $1 and expires_at is null order by kind, type_key, id desc) s using (kind, type_key)
       where i.deployment_id = $1 order by i.kind, i.type_key`,
      [deploymentId],
    );
    const settled = rows.filter(({ status }) => status !== 'IN_PROGRESS').length;
    const attempts = rows.map(({ retry_count: retries }) => (retries === null ? 0 : retries + 1));
    return {
      progress: {
        total: rows.length,
        settled,
        succeeded: rows.filter(({ status }) => status === 'SUCCESS').length,
        percent: Math.floor((settled / rows.length) * 100),
        attempt: Math.max(...attempts),
      },
      items: rows.map((row) => ({
        kind: row.kind,
        typeKey: row.type_key,
        versionHash: row.version_hash,
        previousHash: row.previous_hash,
        syncId: row.sync_id,
        status: row.status,
        errorCode: row.error_code,
      })),
    };
  }
}
