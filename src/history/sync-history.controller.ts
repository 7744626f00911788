import { Controller, Get, Header, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { NeedsAtTarget } from '#access';
import { Logged, noteAccess } from '#access-log';
import { sendExport } from '#export';
import { JSON_TYPE, OwnRequests, type RawReply, StreamAnswer } from '#http';
import { Refuses } from '#problems';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { InvalidFilterError } from './history.errors.ts';
import {
  SyncCountDto,
  SyncExportQuery,
  SyncFacetsDto,
  SyncFilterDto,
  SyncListQuery,
  SyncPageDto,
} from './sync-history.dto.ts';
import { SyncHistoryExport } from './sync-history.export.ts';
import { SyncHistoryQueries } from './sync-history.queries.ts';
import { TypeKeyParams } from './sync.dto.ts';

@OwnRequests()
@ApiTags('history')
@NeedsAtTarget('read')
@Controller('sync')
export class SyncHistoryController {
  constructor(
    private readonly queries: SyncHistoryQueries,
    private readonly exports: SyncHistoryExport,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** Lists the syncs that match a filter, newest first by default. */
  @Get('history')
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: SyncPageDto })
  @Refuses('INVALID_FILTER', 'UNKNOWN_TIME_ZONE')
  listSyncs(@Query() { sort, limit, cursor, ...filter }: SyncListQuery): Promise<string> {
    return this.queries.pageText(filter, { sort, limit, cursor });
  }

  /** Counts the syncs that match a filter. */
  @Get('history/count')
  @Refuses('INVALID_FILTER', 'UNKNOWN_TIME_ZONE')
  countSyncs(@Query() filter: SyncFilterDto): Promise<SyncCountDto> {
    return this.queries.count(filter);
  }

  /** Counts the syncs that match a filter, by the values of each field. */
  @Get('history/facets')
  @Refuses('INVALID_FILTER', 'UNKNOWN_TIME_ZONE')
  getSyncFacets(@Query() filter: SyncFilterDto): Promise<SyncFacetsDto> {
    return this.queries.facets(filter);
  }

  /**
   * Exports every sync that matches a filter, newest first, as a stream. `X-SyncTrail-Count` is the number of syncs.
   */
  @Get('history/export')
  @NeedsAtTarget('export')
  @Logged('export.started')
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({ status: 200, description: 'A file with one row or line for each sync.', schema: { type: 'string' } })
  @Refuses('INVALID_FILTER', 'UNKNOWN_TIME_ZONE', 'TOO_MANY_EXPORTS', 'RECORDING_UNAVAILABLE')
  async exportSyncs(
    @Query() { format, ...filter }: SyncExportQuery,
    @Headers('accept-encoding') acceptEncoding: string | undefined,
    @Res() reply: RawReply,
  ): Promise<void> {
    const answer = new StreamAnswer(reply);
    const opened = await answer.before((signal) => this.exports.open(filter, format, signal));
    if (!opened) return;
    const { window, filter: found } = opened;
    noteAccess({ target: found });
    await sendExport(answer, opened, {
      ...{ name: 'sync-history', format, acceptEncoding, stallMs: this.options.stallMs },
      headers: { 'x-synctrail-window': `${window.from?.toISOString() ?? ''}/${window.to?.toISOString() ?? ''}` },
    });
  }

  /** Lists the syncs of one content type on all platforms, newest first by default. */
  @Get(':typeKey/history')
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: SyncPageDto })
  @Refuses('INVALID_FILTER', 'UNKNOWN_TIME_ZONE')
  listSyncsOfType(@Param() { typeKey }: TypeKeyParams, @Query() query: SyncListQuery): Promise<string> {
    if (query.typeKey) throw new InvalidFilterError('typeKey', 'is already in the address', 'CONFLICT');
    return this.listSyncs({ ...query, typeKey: [typeKey] });
  }
}
