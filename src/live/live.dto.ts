import { IntersectionType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { MeantTargetDto, PageDto, PageQuery, TargetDto } from '#http';
import type { Evidence } from '#recording';
import { MayBeLeftOut, Text, Timestamp, TrueOrFalse } from '#validation';
import { LIVE_STATES, type LiveState } from './live-state.ts';

type State = LiveState['state'];
type Impact = 'additive' | 'breaking' | 'cosmetic' | 'none';

/** Which content type is meant. */
export class LiveTypeParams {
  /**
   * Key of the content type.
   * @example 'Article'
   */
  @Text()
  typeKey: string;
}

/** Which target is meant, and at which time. */
export class LiveTargetQuery extends MeantTargetDto {
  /** Time of the state that is asked for, such as `2026-11-01T00:00:00Z`; by default, now. */
  @MayBeLeftOut()
  @Timestamp()
  at?: Date;
}

export class LiveQuery extends IntersectionType(LiveTargetQuery, PageQuery) {
  /** Lists only items in this state. */
  @MayBeLeftOut()
  @IsIn(LIVE_STATES)
  state?: State;

  /** Lists only items that differ from the version that was last sent there (true), or only the others (false). */
  @MayBeLeftOut()
  @TrueOrFalse()
  drift?: boolean;

  /** Lists only items whose drift is expected by drift rules (true), or only the others (false). */
  @MayBeLeftOut()
  @TrueOrFalse()
  accepted?: boolean;

  /** `list` for the items, or `export` for the export file of the platform with all present items. */
  @MayBeLeftOut()
  @IsIn(['list', 'export'])
  format: 'list' | 'export' = 'list';

  override limit: number = 100;
}

export class CompareQuery extends LiveTargetQuery {
  /** Environment to compare with. By default, the same environment at another time (`otherAt`). */
  @MayBeLeftOut()
  @Text()
  otherEnvironment?: string;

  /** Time of the state to compare with; by default, now. */
  @MayBeLeftOut()
  @Timestamp()
  otherAt?: Date;

  /**
   * Compares with the latest versions of the catalogue, instead of another target or time.
   * @example true
   */
  @MayBeLeftOut()
  @TrueOrFalse({ flag: true })
  catalogue: boolean = false;
}

/** What stands at a target for one content type, and how the record knows it. */
export class LiveItemDto extends TargetDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** `PRESENT`, `ABSENT`, or `UNKNOWN` when the effect of a push is not known and no pull has shown it yet. */
  state: State;
  /** Hash of the version that stands there; null when nothing does, or it is unknown. */
  versionHash: string | null;
  /** Number of the newest version with this hash; null when the history has no such version. */
  number: number | null;
  /** Evidence for this state: `OBSERVED`, `ANSWERED` or `REPORTED`; null when the state is unknown. */
  evidence: Evidence | null;
  /** Time since when the record shows this state, with no other state in between. */
  since: Date;
  /** Id of the newest sync that shows this state. */
  syncId: string;
  /** User who made the last change on the platform, as far as the platform tells; null otherwise. */
  changedBy: string | null;
  /** Time of the last change on the platform, as far as the platform tells; null otherwise. */
  changedAt: string | null;
  /** True when somebody else has changed or removed the version that was last sent there. */
  drift: boolean;
  /** Ids of the drift rules that expect all of the drift; empty when they do not, or there is no drift. */
  acceptedBy: string[];
}

export class LivePageDto extends PageDto {
  /** Name of the platform of the target. */
  platform: string;
  /** Environment of the platform, such as `production`. */
  environment: string;
  /** Time of the state. */
  at: Date;
  /** Root hash of the Merkle tree over all present items; null when the state of an item is unknown. */
  root: string | null;
  /** Number of present items at the target. */
  present: number;
  /** Number of items that the target is known not to have any more. */
  absent: number;
  /** Number of items of unknown state. */
  unknown: number;
  /** Number of items with drift that no rule expects. Zero for an earlier time, at which drift is not told. */
  drift: number;
  /** Number of items with drift that rules expect. */
  acceptedDrift: number;
  /** Items of the page, sorted by kind and key. */
  items: LiveItemDto[];
}

export class WhereDto {
  /** Targets that have the content type, sorted by environment. */
  items: LiveItemDto[];
  /** Targets that had the content type, and where it is absent now. */
  absent: LiveItemDto[];
  /** Targets where it is unknown whether a push was applied. */
  unknown: LiveItemDto[];
}

/** One side of a comparison. */
export class ComparedSideDto {
  /** State of the item on this side. */
  state: State;
  /** Hash of the version on this side; null when there is none, or it is unknown. */
  versionHash: string | null;
  /** Number of the newest version with this hash; null when the history has no such version. */
  number: number | null;
}

export class ComparedItemDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Result of the comparison of the two sides for this item. */
  result: 'same' | 'different' | 'only-here' | 'only-there' | 'unknown';
  /** State at the target that was asked for; null when the record knows nothing of it there. */
  here: ComparedSideDto | null;
  /** State on the other side; null when the record knows nothing of it there. */
  there: ComparedSideDto | null;
  /** Impact on existing content of the change from here to there; null when it cannot be told. */
  impact: Impact | null;
  /** Number of changed values from here to there; null when it cannot be told. */
  changes: number | null;
}

export class ComparisonDto {
  /** Number of items that are the same on both sides. */
  same: number;
  /** Number of items that are on both sides and differ. */
  different: number;
  /** Number of items that are only at the target that was asked for. */
  onlyHere: number;
  /** Number of items that are only on the other side. */
  onlyThere: number;
  /** Number of items of unknown state on a side. */
  unknown: number;
  /** Compared items that are not the same, sorted by kind and key, at most 2,000. */
  items: ComparedItemDto[];
  /** Number of items left out because there are too many. */
  omitted: number;
}
