import { IsBoolean, IsObject } from 'class-validator';
import { SyncFilterDto } from '#history';
import { RequesterDto } from '#http';
import { MayBeLeftOut, Nested, Text } from '#validation';

/** Why something is sent again. */
export class ReplayRequestDto extends RequesterDto {
  /**
   * Free text shown in the history, 1 to 2,000 characters.
   * @example 'The platform was down'
   */
  @Text(2_000)
  reason: string;

  /** Allows the platform to apply changes that lose data. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;

  /** Also sends content that a newer success of the content type has superseded. */
  @MayBeLeftOut()
  @IsBoolean()
  includeHealed: boolean = false;
}

export class ReplayFilterDto extends ReplayRequestDto {
  /**
   * Filter of the history that selects the syncs, with lists for several values. It must name at least one condition.
   * @example { "status": ["FAILED"], "platform": ["optimizely"], "last": "24h" }
   */
  @IsObject()
  @Nested(() => SyncFilterDto)
  filter: SyncFilterDto;

  /** Returns the counts and sends nothing. */
  @MayBeLeftOut()
  @IsBoolean()
  dryRun: boolean = false;
}

export class ReplayStartedDto {
  /** Id of the new sync. */
  id: string;
  /** Id of the original sync of this replay. */
  replayOf: string;
}

export class ReplayResultDto {
  /** Number of pushes that match the filter and have a final status. */
  matched: number;
  /** Number of content types at a target whose newest matched content has had a newer success. */
  healed: number;
  /**
   * Number of matched syncs that are left out, because another one has newer content of the content type, or the same
   * original.
   */
  older: number;
  /** Number of syncs that are sent again. */
  replays: number;
  /** Id of the batch, which stands as `replayBatch` in the metadata of the new syncs; null for a dry run. */
  batch: string | null;
  /** Ids of the original syncs, in the order of their replay. */
  syncIds: string[];
}
