import { TargetDto } from '#http';
import { IsUUID, Max, Min, ValidateBy } from 'class-validator';
import type { JsonObject } from '#json';
import type { Direction, SyncEventType, SyncStatus } from '#recording';
import { MayBeLeftOut, Text, WholeNumber } from '#validation';
import { readEventCursor } from './event.cursor.ts';

const IsEventCursor = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'eventPlace',
      validator: { validate: (value) => typeof value === 'string' && readEventCursor(value) !== undefined },
    },
    { message: '$property must be the id of an event of a stream, or next of a page' },
  );

/** Which events are wanted. */
export class EventQuery {
  /**
   * Lists only events after this position: `next` of a page, the id of an event of a stream, or 0 for all events. The
   * value 9007199254740991 means the end. The default is 0 for a list and the end for a stream.
   * @example '0'
   */
  @MayBeLeftOut()
  @IsEventCursor()
  after?: string;

  /** Number of events that the service reads. A filter can return fewer. */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(1)
  @Max(1_000)
  limit: number = 100;

  /** Lists only events about this sync. */
  @MayBeLeftOut()
  @IsUUID()
  syncId?: string;

  /** Lists only events about syncs of this deployment. */
  @MayBeLeftOut()
  @IsUUID()
  deploymentId?: string;

  /**
   * Lists only events about syncs of this platform.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;
}

/** The sync that an event is about, as it is now. */
export class EventSyncDto extends TargetDto {
  /** Id of the sync. */
  id: string;
  /** Key of the content type. */
  typeKey: string;
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** `PUSH` for content that is sent, `PULL` for content that is read. */
  direction: Direction;
  /** Current status of the sync. */
  status: SyncStatus;
  /** Id of the deployment that the sync belongs to. */
  deploymentId: string | null;
}

export class PositionedEventDto {
  /** Position of the event in the order of commits, without gaps. */
  position: number;
  /** Id of the event, a UUIDv7. */
  id: string;
  /** Type of the event, such as `sync.recorded`. */
  type: SyncEventType;
  /** Details of the event; their fields depend on its type. */
  data: JsonObject;
  /** Time when the event was written. */
  createdAt: Date;
  /** Sync that the event is about; null for an event about no sync. */
  sync: EventSyncDto | null;
}

export class EventPageDto {
  /** Events of the page, sorted by position. */
  items: PositionedEventDto[];
  /** Value of `after` for the next page. */
  next: string;
}
