import { IsBoolean, IsObject } from 'class-validator';
import { SyncFilterDto } from '#history';
import { MayBeLeftOut, Nested, Text } from '#validation';

/** Why something is sent again. */
export class ReplayRequestDto {
  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;

  /**
   * Why.
   * @example 'The platform was down'
   */
  @Text(2_000)
  reason: string;

  /** Apply changes that lose data. */
  @MayBeLeftOut()
  @IsBoolean()
  force: boolean = false;
}

export class ReplayFilterDto extends ReplayRequestDto {
  /**
   * Which syncs: the filter of the history, with lists for several values. It must name something.
   * @example { "status": ["FAILED"], "platform": ["optimizely"], "last": "24h" }
   */
  @IsObject()
  @Nested(() => SyncFilterDto)
  filter: SyncFilterDto;

  /** Only count. */
  @MayBeLeftOut()
  @IsBoolean()
  dryRun: boolean = false;

  /** Also send what a newer success of the same content type has healed. */
  @MayBeLeftOut()
  @IsBoolean()
  includeHealed: boolean = false;
}

export class ReplayStartedDto {
  /** The new sync; it can be watched from its first record on. */
  id: string;
  /** The sync whose content it sends. */
  replayOf: string;
}

export class ReplayResultDto {
  /** Settled pushes under the filter. */
  matched: number;
  /** Of those, what a newer success has healed. */
  healed: number;
  /** What is sent again. */
  replays: number;
  /** In the metadata of the new syncs (`replayBatch`); null for a dry run. */
  batch: string | null;
  /** The old syncs, in the order in which they are sent again. */
  syncIds: string[];
}
