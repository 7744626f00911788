import { Global, Module } from '@nestjs/common';
import { Schedule } from './schedule.ts';

/** One schedule for the whole application. */
@Global()
@Module({ providers: [Schedule], exports: [Schedule] })
export class ScheduleModule {}
