/** Every recurring job of the service; refuses to run one twice at once. */
export { JOB_NAMES, JOBS } from './jobs.ts';
export { Periodic } from './periodic.ts';
export { nextTime, nextTimeSince, type Recurrence } from './recurrence.ts';
export { InvalidCronError } from './schedule.errors.ts';
export { Schedule } from './schedule.ts';
export { ScheduleModule } from './schedule.module.ts';
