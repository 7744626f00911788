import { defineEntity, p, PrimaryKeyProp } from '@mikro-orm/core';
import { columnsOf } from '#database';

export const ORIGINS = ['AUTHORED', 'OBSERVED', 'RECORDED'] as const;
/** How a version came into the history: it was made here, a pull saw it first, or another system recorded it first. */
export type Origin = (typeof ORIGINS)[number];

const properties = {
  platform: p.text().primary(),
  kind: p.text().primary(),
  typeKey: p.text().primary(),
  number: p.integer().primary(),
  versionHash: p.text(),
  parentHash: p.text().nullable(),
  snapshotDigest: p.text(),
  origin: p.text().$type<Origin>(),
  author: p.text(),
  message: p.text().nullable(),
  createdAt: p.datetime(),
};

const ContentTypeVersionSchema = defineEntity({
  name: 'ContentTypeVersion',
  tableName: 'content_type_version',
  properties,
});

/**
 * One state of a content type; `number` counts from 1 without gaps, `parentHash` is the hash before it. The latest is the
 * newest that is AUTHORED.
 */
export class ContentTypeVersion extends ContentTypeVersionSchema.class {
  override [PrimaryKeyProp]?: ['platform', 'kind', 'typeKey', 'number'];
}
ContentTypeVersionSchema.setClass(ContentTypeVersion);

/** The columns of `content_type_version v` as {@link ContentTypeVersion} names them. */
export const VERSION_COLUMNS = columnsOf(properties, 'v');
