import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { allowedTargets, isBoundToTargets, NeedsAtTarget } from '#access';
import { ApiForms, OwnRequests, type RawReply, StreamAnswer } from '#http';
import { Refuses } from '#problems';
import { InvalidRequestError } from '#validation';
import { quoted } from '../quoted.ts';
import { EventPageDto, EventQuery } from './event.dto.ts';
import { EventFeed } from './event.feed.ts';
import { readEventCursor, writeEventCursor } from './event.cursor.ts';
import { EventStreams } from './event.streams.ts';

@OwnRequests()
@ApiTags('events')
@NeedsAtTarget('read')
@Controller('sync/events')
export class EventController {
  constructor(
    private readonly feed: EventFeed,
    private readonly streams: EventStreams,
  ) {}

  /** Lists the events after a position. With `Accept: text/event-stream`, streams them and every later event. */
  @Get()
  @ApiForms(EventPageDto, { 'text/event-stream': 'text' })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last event that the client received. The stream continues after it.',
  })
  @Refuses('EPOCH_CHANGED', 'TOO_MANY_STREAMS')
  async listEvents(
    @Query() { after, limit, ...asked }: EventQuery,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: RawReply,
  ): Promise<EventPageDto | undefined> {
    const filter = { ...asked, ...(isBoundToTargets() && { isVisible: allowedTargets() }) };
    const from = after === undefined ? undefined : readEventCursor(after);
    if (!accept?.includes('text/event-stream')) {
      const { items, next } = await this.feed.after(from ?? { position: 0 }, filter, limit);
      return { items, next: writeEventCursor(next) };
    }
    const resumed = lastEventId ? readEventCursor(lastEventId) : undefined;
    if (lastEventId && !resumed) {
      throw InvalidRequestError.of(
        'Last-Event-ID',
        `must be the id of an event; ${quoted(lastEventId)} is not`,
        'WRONG_FORM',
      );
    }
    await this.streams.open(new StreamAnswer(reply), filter, resumed ?? from);
    return undefined;
  }
}
