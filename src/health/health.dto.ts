import { TargetDto } from '#http';
import { SyncNumbersDto } from '#statistics';
import type { Health } from './health.ts';

/** The condition of an environment of a platform. */
export class TargetHealthDto extends TargetDto {
  /** Condition of the target. */
  health: Health;
  /** Cause of the condition in one sentence. */
  cause: string;
  /** Time since when the target has this condition; null when it is unknown. */
  since: Date | null;
  /** Ids of at most 10 syncs that show the problem. */
  evidence: string[];
  /** Numbers of the interval that decides the condition, 24 hours by default. */
  numbers: SyncNumbersDto;
  /** Start of the newest sync; null when there is none. */
  lastSyncAt: Date | null;
  /** Start of the newest successful sync among the last 200; null when there is none. */
  lastSuccessAt: Date | null;
}

export class HealthListDto {
  /** The 200 targets with the most syncs, sorted by platform and environment. */
  items: TargetHealthDto[];
}
