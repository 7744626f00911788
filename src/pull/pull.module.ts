import { Module } from '@nestjs/common';
import { PlatformController } from './platform.controller.ts';
import { PullService } from './pull.service.ts';

/** Reads platforms, and compares what they hold with our versions. Needs TrackingModule. */
@Module({ controllers: [PlatformController], providers: [PullService], exports: [PullService] })
export class PullModule {}
