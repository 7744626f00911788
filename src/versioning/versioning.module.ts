import { Module } from '@nestjs/common';
import { TextFiles } from '#http';
import { PlatformModule } from '#platform';
import { SnapshotModule } from '#snapshot';
import { Catalogue } from './catalogue.ts';
import { ContentTypeController } from './content-type.controller.ts';
import { ContentTypeHasher } from './content-type.hasher.ts';
import { ContentTypeImporter } from './content-type.importer.ts';
import { RetirementController } from './retirement.controller.ts';
import { VersionHistoryService } from './version-history.service.ts';

/** Versions of content types; needs a MikroORM connection. */
@Module({
  imports: [PlatformModule, SnapshotModule],
  providers: [Catalogue, ContentTypeHasher, ContentTypeImporter, VersionHistoryService],
  exports: [SnapshotModule, Catalogue, ContentTypeHasher, ContentTypeImporter, VersionHistoryService],
})
export class VersioningModule {}

/** The HTTP routes of the versions. */
@Module({
  imports: [VersioningModule],
  controllers: [ContentTypeController, RetirementController],
  providers: [TextFiles],
})
export class VersioningRoutesModule {}
