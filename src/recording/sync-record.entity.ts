import { defineEntity, p } from '@mikro-orm/core';
import { columnsOf } from '#database';
import type { JsonObject } from '#json';
import type { Outcome, Trigger } from '#platform';
import type { Redactions } from '#redaction';
import type { TypeRef } from '#versioning';
import type { Direction, Evidence, SyncStatus } from './sync.ts';

const properties = {
  id: p.uuid().primary(),
  callId: p.uuid(),
  kind: p.text(),
  typeKey: p.text(),
  versionHash: p.text().nullable(),
  targetPlatform: p.text(),
  environment: p.text(),
  targetAddress: p.text().nullable(),
  targetAccount: p.text().nullable(),
  syncDirection: p.text().$type<Direction>(),
  removal: p.boolean().nullable(),
  syncStatus: p.text().$type<SyncStatus>(),
  outcome: p.text().$type<Outcome>().nullable(),
  evidence: p.text().$type<Evidence>().nullable(),
  pushedDigest: p.text().nullable(),
  pushedRedactions: p.json<Redactions>().nullable(),
  responseDigest: p.text().nullable(),
  responseRedactions: p.json<Redactions>().nullable(),
  statusCode: p.smallint().nullable(),
  requestId: p.text().nullable(),
  errorCode: p.text().nullable(),
  errorMessage: p.text().nullable(),
  errorFingerprint: p.text().nullable(),
  changedBy: p.text().nullable(),
  changedAt: p.datetime().nullable(),
  retryCount: p.smallint(),
  syncMetadata: p.json<JsonObject>().nullable(),
  deploymentId: p.uuid().nullable(),
  replayOf: p.uuid().nullable(),
  actor: p.text(),
  principal: p.text().nullable(),
  onBehalfOf: p.text().nullable(),
  client: p.text().nullable(),
  trigger: p.text().$type<Trigger>(),
  reason: p.text().nullable(),
  forced: p.boolean(),
  backfilled: p.boolean(),
  owner: p.uuid().nullable(),
  expiresAt: p.datetime().nullable(),
  startedAt: p.datetime(),
  completedAt: p.datetime().nullable(),
  durationMs: p.integer().nullable(),
  createdAt: p.datetime(),
};

const SyncRecordSchema = defineEntity({ name: 'SyncRecord', tableName: 'sync_history', properties });

/** One content type, one direction, one platform and environment, one call. */
export class SyncRecord extends SyncRecordSchema.class {}
SyncRecordSchema.setClass(SyncRecord);

/** The columns of `sync_history h` as {@link SyncRecord} names them. */
export const SYNC_COLUMNS = columnsOf(properties, 'h');

/** The content type that a sync is about. */
export function typeOf({ targetPlatform: platform, kind, typeKey }: SyncRecord): TypeRef {
  return { platform, kind, typeKey };
}
