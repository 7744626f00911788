import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { NeedsAtTarget } from '#access';
import { sendExport } from '#export';
import { OwnRequests, type RawReply, StreamAnswer } from '#http';
import { Refuses } from '#problems';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { AccessExportQuery, AccessLogPageDto, AccessLogQuery } from './access-log.dto.ts';
import { AccessLogReader } from './access-log.reader.ts';
import { noteAccess } from './access-note.ts';
import { Logged } from './logged.decorator.ts';

@OwnRequests()
@ApiTags('access log')
@NeedsAtTarget('access-log:read')
@Controller('access-log')
export class AccessLogController {
  constructor(
    private readonly reader: AccessLogReader,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** Lists who read payloads, exported, managed keys, signed in, was refused and decided: newest first, or after a position. */
  @Get()
  listAccessEvents(@Query() { limit, cursor, after, ...filter }: AccessLogQuery): Promise<AccessLogPageDto> {
    return this.reader.page(filter, { limit, cursor }, after);
  }

  /**
   * Exports every event that matches a filter, newest first, as a stream. `X-SyncTrail-Count` is the number of events. The
   * export is an event itself.
   */
  @Get('export')
  @Logged('export.started')
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({ status: 200, description: 'A file with one row or line for each event.', schema: { type: 'string' } })
  @Refuses('TOO_MANY_EXPORTS', 'RECORDING_UNAVAILABLE')
  async exportAccessEvents(
    @Query() { format, ...filter }: AccessExportQuery,
    @Headers('accept-encoding') acceptEncoding: string | undefined,
    @Res() reply: RawReply,
  ): Promise<void> {
    const answer = new StreamAnswer(reply);
    const opened = await answer.before((signal) => this.reader.export(filter, format, signal));
    if (!opened) return;
    noteAccess({ target: filter });
    const { stallMs } = this.options;
    await sendExport(answer, opened, { name: 'access-log', format, acceptEncoding, stallMs });
  }
}
