import { Module } from '@nestjs/common';
import { TextFiles } from '#http';
import { PlatformModule } from '#platform';
import { SnapshotModule } from '#snapshot';
import { ContentTypeController } from './content-type.controller.ts';
import { ContentTypeHasher } from './content-type.hasher.ts';
import { ContentTypeImporter } from './content-type.importer.ts';
import { VersionHistoryService } from './version-history.service.ts';

/** Versions of content types; needs a MikroORM connection. */
@Module({
  imports: [PlatformModule, SnapshotModule],
  providers: [ContentTypeHasher, ContentTypeImporter, VersionHistoryService],
  exports: [SnapshotModule, ContentTypeHasher, ContentTypeImporter, VersionHistoryService],
})
export class VersioningModule {}

/** The HTTP routes of the versions. */
@Module({ imports: [VersioningModule], controllers: [ContentTypeController], providers: [TextFiles] })
export class VersioningRoutesModule {}
