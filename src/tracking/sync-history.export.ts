import type { Readable } from 'node:stream';
import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { escapeLiteral } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { postgresPool } from '#database';
import type { ExportFormat } from './sync-history.dto.ts';
import { type HistoryFilter, resolveFilter, whereSql, type Window } from './sync-history.filter.ts';

/** An export that has begun; `count` is exactly how many syncs it will bring. */
export interface HistoryExport {
  count: number;
  window: Window;
  /** Destroy it to give up; the database stops as well. */
  stream: Readable;
}

/** The columns of an export, under the names of the API. */
const COLUMNS: Record<string, string> = {
  id: 'h.id',
  callId: 'h.call_id',
  kind: 'h.kind',
  typeKey: 'h.type_key',
  versionHash: 'h.version_hash',
  platform: 'h.target_platform',
  environment: 'h.environment',
  direction: 'h.sync_direction',
  status: 'h.sync_status',
  pushedDigest: 'h.pushed_digest',
  responseDigest: 'h.response_digest',
  statusCode: 'h.status_code',
  requestId: 'h.request_id',
  errorCode: 'h.error_code',
  errorMessage: 'h.error_message',
  retryCount: 'h.retry_count',
  metadata: 'h.sync_metadata',
  deploymentId: 'h.deployment_id',
  replayOf: 'h.replay_of',
  actor: 'h.actor',
  trigger: 'h.trigger',
  reason: 'h.reason',
  forced: 'h.forced',
  startedAt: `to_char(h.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  completedAt: `to_char(h.completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  durationMs: 'h.duration_ms',
};

/** Columns in which others' text may stand: a spreadsheet would take a leading `=`, `+`, `-` or `@` for a formula. */
const FOREIGN = new Set([
  'kind',
  'typeKey',
  'versionHash',
  'platform',
  'environment',
  'requestId',
  'errorCode',
  'errorMessage',
  'metadata',
  'actor',
  'reason',
]);

/** Brings a whole history out, in the database's own words, newest first and with constant memory. */
@Injectable()
export class SyncHistoryExport {
  constructor(private readonly em: EntityManager) {}

  /** Throws `InvalidFilterError`. */
  async open(filter: HistoryFilter, format: ExportFormat): Promise<HistoryExport> {
    const resolved = resolveFilter(filter);
    // COPY takes no parameters: every value is quoted by the driver.
    const where = whereSql(resolved, (value, type) => `${literal(value)}::${type}`);
    const client = await (await postgresPool(this.em)).connect();
    try {
      // One snapshot for both: the count is that of the rows.
      await client.query('begin isolation level repeatable read read only');
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::float8 as count from sync_history h where ${where}`,
      );
      const stream = client.query(copyTo(copySql(where, format)));
      // A connection is used again only after it has brought everything.
      stream.once('close', () => client.release(!stream.readableEnded));
      stream.once('end', () => void client.query('commit').catch(() => undefined));
      return { count: rows[0]!.count, window: resolved.window, stream };
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

function copySql(where: string, format: ExportFormat): string {
  const from = `from sync_history h where ${where} order by h.id desc`;
  if (format === 'csv') {
    const columns = Object.entries(COLUMNS).map(
      ([name, sql]) => `${FOREIGN.has(name) ? harmless(sql) : sql} as "${name}"`,
    );
    return `copy (select ${columns.join(', ')} ${from}) to stdout (format csv, header)`;
  }
  const members = Object.entries(COLUMNS).map(([name, sql]) => `'${name}', ${sql}`);
  // JSON never has these two characters bare, so nothing is quoted: each row is its JSON and a line feed.
  return `copy (select json_build_object(${members.join(', ')}) ${from}) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`;
}

function harmless(sql: string): string {
  return `case when ${sql}::text ~ '^[=+@\\t\\r-]' then '''' || ${sql}::text else ${sql}::text end`;
}

function literal(value: unknown): string {
  if (value instanceof Date) return escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`;
  return escapeLiteral(String(value));
}
