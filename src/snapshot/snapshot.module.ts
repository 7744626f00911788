import { Module } from '@nestjs/common';
import { RedactionModule } from '#redaction';
import { SnapshotService } from './snapshot.service.ts';

@Module({ imports: [RedactionModule], providers: [SnapshotService], exports: [SnapshotService] })
export class SnapshotModule {}
