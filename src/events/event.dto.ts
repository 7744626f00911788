import { IsUUID, Max, Min, ValidateBy } from 'class-validator';
import type { JsonObject } from '#json';
import type { Direction, SyncEventType, SyncStatus } from '#recording';
import { MayBeLeftOut, Text, WholeNumber } from '#validation';
import { readPlace } from './event.position.ts';

const IsEventPlace = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'eventPlace',
      validator: { validate: (value) => typeof value === 'string' && readPlace(value) !== undefined },
    },
    { message: '$property must be the id of an event of a stream, or next of a page' },
  );

/** Which events are wanted. */
export class EventQuery {
  /**
   * Only events after this place: `next` of a page, the id of an event of a stream, or 0 for all. The largest number,
   * 9007199254740991, is the end. By default 0 for a list, and the end for a stream.
   * @example '0'
   */
  @MayBeLeftOut()
  @IsEventPlace()
  after?: string;

  /** How many are looked at. */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(1)
  @Max(1_000)
  limit: number = 100;

  /** Only events of this sync. */
  @MayBeLeftOut()
  @IsUUID()
  syncId?: string;

  /** Only events of this deployment. */
  @MayBeLeftOut()
  @IsUUID()
  deploymentId?: string;

  /**
   * Only events of this platform.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;
}

/** The sync that an event is about, as it is now. */
export class EventSyncDto {
  /** The sync. */
  id: string;
  /** The key of the content type. */
  typeKey: string;
  /** What the key names. */
  kind: string;
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** Sent or received. */
  direction: Direction;
  /** What came of it so far. */
  status: SyncStatus;
  /** The deployment that it is part of. */
  deploymentId: string | null;
}

export class PositionedEventDto {
  /** Its place among all events: gapless, and later than that of whatever was committed before. */
  position: number;
  /** A UUIDv7. */
  id: string;
  /** What happened. */
  type: SyncEventType;
  /** The particulars. */
  data: JsonObject;
  /** When it was written. */
  createdAt: Date;
  /** The sync; null for an event about none. */
  sync: EventSyncDto | null;
}

export class EventPageDto {
  /** In order of position. */
  items: PositionedEventDto[];
  /** Where to go on: `after` of the next page. */
  next: string;
}
