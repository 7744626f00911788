import { Module } from '@nestjs/common';
import { SnapshotService } from './snapshot.service.ts';

@Module({ providers: [SnapshotService], exports: [SnapshotService] })
export class SnapshotModule {}
