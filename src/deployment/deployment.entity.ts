import { defineEntity, p, PrimaryKeyProp } from '@mikro-orm/core';
import type { SeenState } from '#plan';
import type { ItemRef, RecordedCaller } from '#platform';
import { SYNC_STATUSES } from '#recording';
import type { Labels } from '#validation';

export const DEPLOYMENT_STATUSES = ['QUEUED', ...SYNC_STATUSES, 'CANCELLED'] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];
export const ITEM_STATUSES = [...SYNC_STATUSES, 'NOT_SENT', 'UNCHANGED'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** What becomes of an item that has changed at the target since the plan: nothing is sent, it is overwritten, or left out. */
export const ON_DRIFT = ['stop', 'overwrite', 'skip'] as const;
export type OnDrift = (typeof ON_DRIFT)[number];

/** What the target held after the deployment: what was sent, something else, or nobody knows. */
export const VERIFICATIONS = ['VERIFIED', 'DIVERGED', 'UNVERIFIABLE'] as const;
export type Verification = (typeof VERIFICATIONS)[number];

const DeploymentSchema = defineEntity({
  name: 'Deployment',
  tableName: 'deployment',
  properties: {
    id: p.uuid().primary(),
    number: p.bigint('number').generated('identity'),
    platform: p.text(),
    environment: p.text(),
    status: p.text().$type<DeploymentStatus>().default('QUEUED'),
    reason: p.text().nullable(),
    actor: p.text(),
    caller: p.json<RecordedCaller>().nullable(),
    forced: p.boolean(),
    rollbackOf: p.uuid().nullable(),
    promotedFrom: p.text().nullable(),
    planId: p.uuid().nullable(),
    onDrift: p.text().$type<OnDrift>().default('stop'),
    labels: p.json<Labels>(),
    planDigest: p.text(),
    skipped: p.json<ItemRef[]>(),
    owner: p.uuid().nullable(),
    errorCode: p.text().nullable(),
    errorMessage: p.text().nullable(),
    createdAt: p.datetime().defaultRaw('clock_timestamp()'),
    startedAt: p.datetime().nullable(),
    completedAt: p.datetime().nullable(),
    readAt: p.datetime().nullable(),
    checkedAt: p.datetime().nullable(),
    verifiedAt: p.datetime().nullable(),
    verifyCallId: p.uuid().nullable(),
    cancelledAt: p.datetime().nullable(),
    cancelledBy: p.text().nullable(),
    cancelReason: p.text().nullable(),
  },
});

/** A set of content types pushed together; its status comes from its syncs. A rollback is a deployment too. */
export class Deployment extends DeploymentSchema.class {}
DeploymentSchema.setClass(Deployment);

const DeploymentItemSchema = defineEntity({
  name: 'DeploymentItem',
  tableName: 'deployment_item',
  properties: {
    deploymentId: p.uuid().primary(),
    kind: p.text().primary(),
    typeKey: p.text().primary(),
    versionHash: p.text().nullable(),
    previousHash: p.text().nullable(),
    action: p.text().$type<'CREATE' | 'UPDATE' | 'DELETE' | 'UNCHANGED'>().nullable(),
    position: p.integer().default(0),
    beforeState: p.text().$type<SeenState['state']>().nullable(),
    beforeSyncId: p.uuid().nullable(),
    verification: p.text().$type<Verification>().nullable(),
    heldHash: p.text().nullable(),
    errorCode: p.text().nullable(),
    syncId: p.uuid().nullable(),
    status: p.text().$type<ItemStatus>().default('IN_PROGRESS'),
  },
});

/** One content type of a deployment; `previousHash` is the version that was live before. */
export class DeploymentItem extends DeploymentItemSchema.class {
  override [PrimaryKeyProp]?: ['deploymentId', 'kind', 'typeKey'];
}
DeploymentItemSchema.setClass(DeploymentItem);

export const deploymentEntities = [Deployment, DeploymentItem];
