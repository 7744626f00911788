import { Module } from '@nestjs/common';
import { FailureMutes } from './failure-mutes.ts';
import { FailurePatternService } from './failure-pattern.service.ts';
import { FailuresController } from './failures.controller.ts';
import { FingerprintReader } from './fingerprint.reader.ts';
import { SettledReader } from './settled-syncs.ts';
import { SuspectFinder } from './suspect.finder.ts';

/** Errors that are alike, patterns among them, and what may be behind them. Needs TrackingModule. */
@Module({
  controllers: [FailuresController],
  providers: [FailureMutes, FailurePatternService, FingerprintReader, SettledReader, SuspectFinder],
  exports: [FailurePatternService],
})
export class FailuresModule {}
