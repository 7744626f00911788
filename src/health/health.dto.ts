import { SyncNumbersDto } from '#statistics';
import type { Health } from './health.ts';

/** The condition of an environment of a platform. */
export class PlaceHealthDto {
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** Its condition, not its last result. */
  health: Health;
  /** Why, in a sentence. */
  cause: string;
  /** Since when it is so, as far as that is known. */
  since: Date | null;
  /** Ids of syncs that show it, at most 10. */
  evidence: string[];
  /** The numbers of the time that the condition is judged by, 24 hours unless configured otherwise. */
  numbers: SyncNumbersDto;
  /** When the newest sync started. */
  lastSyncAt: Date | null;
  /** When the newest success started, as far as the last 200 syncs tell. */
  lastSuccessAt: Date | null;
}

export class HealthListDto {
  /** By platform and environment: the 200 with the most syncs. */
  items: PlaceHealthDto[];
}
