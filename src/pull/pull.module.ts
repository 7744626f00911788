import { Module } from '@nestjs/common';
import { PlatformController } from './platform.controller.ts';
import { Adopter } from './adopter.ts';
import { PullService } from './pull.service.ts';

/** Reads platforms, and compares what they hold with our versions. Needs TrackingModule. */
@Module({ controllers: [PlatformController], providers: [Adopter, PullService], exports: [Adopter, PullService] })
export class PullModule {}
