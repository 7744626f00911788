import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** What one would write by hand: a table with the columns, checks and indexes of `sync_history`, and nothing beside it. */
export async function createRowByRow(pool: Pool): Promise<void> {
  await pool.query('create table row_by_row (like sync_history including all)');
}

/** Two autocommitted statements, one row each: before the call, and after it. */
export function rowByRowCall(pool: Pool) {
  const owner = uuidv7();
  let calls = 0;
  return async () => {
    const id = uuidv7();
    await pool.query(INSERT, [
      ...[id, uuidv7(), 'contentType', `Type${(calls += 1) % 50}`, 'a'.repeat(64), 'no-op', 'default', 'PUSH'],
      ...['b'.repeat(64), 'bench', 'API', 'To see how fast', owner],
    ]);
    await pool.query(UPDATE, [id, 'SUCCESS', 200, 0, 0]);
  };
}

const INSERT = `
  insert into row_by_row (id, call_id, kind, type_key, version_hash, target_platform, environment, sync_direction,
    pushed_digest, actor, trigger, reason, owner)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

const UPDATE = `
  update row_by_row set sync_status = $2, status_code = $3, retry_count = $4, duration_ms = $5,
    completed_at = clock_timestamp()
  where id = $1`;
