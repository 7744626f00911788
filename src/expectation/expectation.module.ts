import { Module } from '@nestjs/common';
import { Retention } from '#retention';
import { ExpectationChecker } from './expectation.checker.ts';
import { ExpectationController } from './expectation.controller.ts';
import { Expectations } from './expectations.ts';
import { OLD_CHECKS } from './old-checks.ts';
import { UnmetReader } from './unmet.reader.ts';

/** Expectations and their checks. Needs TrackingModule, and the migrations of the service. */
@Module({
  controllers: [ExpectationController],
  providers: [ExpectationChecker, Expectations, UnmetReader],
  exports: [UnmetReader],
})
export class ExpectationModule {
  constructor(retention: Retention) {
    retention.add('checks', OLD_CHECKS);
  }
}
