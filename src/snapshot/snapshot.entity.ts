import { defineEntity, p } from '@mikro-orm/core';

/** How the canonical JSON is stored. */
export type Encoding = 'identity' | 'gzip' | 'zstd';

const SnapshotSchema = defineEntity({
  name: 'Snapshot',
  tableName: 'snapshot',
  properties: {
    digest: p.text().primary(),
    originalSize: p.integer(),
    storedSize: p.integer(),
    encoding: p.text().$type<Encoding>(),
    content: p.blob(),
    createdAt: p.datetime(),
  },
});

/** Content as it was sent or received, stored once under the SHA-256 of its canonical JSON. Sizes are bytes. */
export class Snapshot extends SnapshotSchema.class {}
SnapshotSchema.setClass(Snapshot);
