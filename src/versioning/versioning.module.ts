import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { TextFiles } from '#http';
import { PlatformModule, PlatformRegistry } from '#platform';
import { SnapshotModule } from '#snapshot';
import { ContentTypeController } from './content-type.controller.ts';
import { ContentTypeHasher } from './content-type.hasher.ts';
import { ContentTypeImporter } from './content-type.importer.ts';
import { installed } from './installed-model.ts';
import { VersionHistoryService } from './version-history.service.ts';

/** Versions of content types; needs a MikroORM connection. */
@Module({
  imports: [PlatformModule, SnapshotModule],
  providers: [ContentTypeHasher, ContentTypeImporter, VersionHistoryService],
  exports: [SnapshotModule, ContentTypeHasher, ContentTypeImporter, VersionHistoryService],
})
export class VersioningModule implements OnApplicationBootstrap {
  constructor(private readonly platforms: PlatformRegistry) {}

  onApplicationBootstrap(): void {
    installed.model = this.platforms.model();
  }
}

/** The HTTP routes of the versions. */
@Module({ imports: [VersioningModule], controllers: [ContentTypeController], providers: [TextFiles] })
export class VersioningRoutesModule {}
