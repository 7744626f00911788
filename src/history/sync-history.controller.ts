import { createGzip } from 'node:zlib';
import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OwnRequests, type RawReply, StreamAnswer } from '#http';
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
import { syncDto, TypeKeyParams } from './sync.dto.ts';

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };

@OwnRequests()
@ApiTags('history')
@Controller('sync')
export class SyncHistoryController {
  constructor(
    private readonly queries: SyncHistoryQueries,
    private readonly exports: SyncHistoryExport,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** Lists the syncs that match a filter, newest first by default. */
  @Get('history')
  async list(@Query() { sort, limit, cursor, ...filter }: SyncListQuery): Promise<SyncPageDto> {
    const { items, ...page } = await this.queries.page(filter, { sort, limit, cursor });
    return { items: items.map(syncDto), ...page };
  }

  /** Counts the syncs that match a filter. */
  @Get('history/count')
  count(@Query() filter: SyncFilterDto): Promise<SyncCountDto> {
    return this.queries.count(filter);
  }

  /** Counts the syncs that match a filter, by the values of each field. */
  @Get('history/facets')
  facets(@Query() filter: SyncFilterDto): Promise<SyncFacetsDto> {
    return this.queries.facets(filter);
  }

  /**
   * Exports every sync that matches a filter, newest first, as a stream. `X-SyncTrail-Count` is the number of syncs.
   */
  @Get('history/export')
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({ status: 200, description: 'A file with one row or line for each sync.', schema: { type: 'string' } })
  async export(
    @Query() { format, ...filter }: SyncExportQuery,
    @Headers('accept-encoding') encoding: string | undefined,
    @Res() reply: RawReply,
  ): Promise<void> {
    const answer = new StreamAnswer(reply);
    const opened = await answer.before((signal) => this.exports.open(filter, format, signal));
    if (!opened) return;
    const { stream, count, window } = opened;
    const gzip = /\bgzip\b(?!;\s*q=0(\.0+)?\s*(,|$))/.test(encoding ?? '');
    await answer.send(stream, {
      headers: {
        'content-type': TYPES[format],
        'content-disposition': `attachment; filename="sync-history.${format}"`,
        'x-synctrail-count': String(count),
        vary: 'accept-encoding',
        'x-synctrail-window': `${window.from?.toISOString() ?? ''}/${window.to?.toISOString() ?? ''}`,
        ...(gzip && { 'content-encoding': 'gzip' }),
      },
      through: gzip ? [createGzip({ level: 3 })] : [],
      stallMs: this.options.stallMs,
    });
  }

  /** Lists the syncs of one content type on all platforms, newest first by default. */
  @Get(':typeKey/history')
  async ofType(@Param() { typeKey }: TypeKeyParams, @Query() query: SyncListQuery): Promise<SyncPageDto> {
    if (query.typeKey) throw new InvalidFilterError('typeKey', 'is already in the address');
    return this.list({ ...query, typeKey: [typeKey] });
  }
}
