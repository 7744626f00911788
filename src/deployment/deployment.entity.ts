import { defineEntity, p, PrimaryKeyProp } from '@mikro-orm/core';
import type { ItemRef } from '#platform';
import type { SyncStatus } from '#recording';

const DeploymentSchema = defineEntity({
  name: 'Deployment',
  tableName: 'deployment',
  properties: {
    id: p.uuid().primary(),
    platform: p.text(),
    environment: p.text(),
    status: p.text().$type<SyncStatus>().default('IN_PROGRESS'),
    reason: p.text().nullable(),
    actor: p.text(),
    forced: p.boolean(),
    rollbackOf: p.uuid().nullable(),
    planDigest: p.text(),
    skipped: p.json<ItemRef[]>(),
    owner: p.uuid().nullable(),
    errorCode: p.text().nullable(),
    errorMessage: p.text().nullable(),
    createdAt: p.datetime().defaultRaw('clock_timestamp()'),
    completedAt: p.datetime().nullable(),
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
    versionHash: p.text(),
    previousHash: p.text().nullable(),
    syncId: p.uuid().nullable(),
    status: p.text().$type<SyncStatus>().default('IN_PROGRESS'),
  },
});

/** One content type of a deployment; `previousHash` is the version that was live before. */
export class DeploymentItem extends DeploymentItemSchema.class {
  override [PrimaryKeyProp]?: ['deploymentId', 'kind', 'typeKey'];
}
DeploymentItemSchema.setClass(DeploymentItem);

export const deploymentEntities = [Deployment, DeploymentItem];
