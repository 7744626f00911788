import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OwnRequests } from './own-requests.decorator.ts';
import { type RawReply, streamOf } from './raw-reply.ts';
import { syncDto, TypeKeyParams } from './sync.dto.ts';
import { SyncHistoryExport } from './sync-history.export.ts';
import {
  SyncCountDto,
  SyncExportQuery,
  SyncFacetsDto,
  SyncFilterDto,
  SyncListQuery,
  SyncPageDto,
} from './sync-history.dto.ts';
import { SyncHistoryQueries } from './sync-history.queries.ts';
import { InvalidFilterError } from './sync.errors.ts';

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };

@OwnRequests()
@ApiTags('history')
@Controller('sync')
export class SyncHistoryController {
  constructor(
    private readonly queries: SyncHistoryQueries,
    private readonly exports: SyncHistoryExport,
  ) {}

  /** Lists syncs under a filter, newest first unless said. */
  @Get('history')
  async list(@Query() { sort, limit, cursor, ...filter }: SyncListQuery): Promise<SyncPageDto> {
    const { items, ...page } = await this.queries.page(filter, { sort, limit, cursor });
    return { items: items.map(syncDto), ...page };
  }

  /** Counts the syncs under a filter. */
  @Get('history/count')
  count(@Query() filter: SyncFilterDto): Promise<SyncCountDto> {
    return this.queries.count(filter);
  }

  /** Counts the syncs under a filter by the values of each field. */
  @Get('history/facets')
  facets(@Query() filter: SyncFilterDto): Promise<SyncFacetsDto> {
    return this.queries.facets(filter);
  }

  /** Brings out every sync under a filter, newest first, as a stream; `X-SyncTrail-Count` says how many come. */
  @Get('history/export')
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiResponse({ status: 200, description: 'One row or line for each sync.', schema: { type: 'string' } })
  async export(
    @Query() { format, ...filter }: SyncExportQuery,
    @Headers('accept-encoding') encoding: string | undefined,
    @Res() reply: RawReply,
  ): Promise<void> {
    const { stream, count, window } = await this.exports.open(filter, format);
    const gzip = /\bgzip\b(?!;\s*q=0(\.0+)?\s*(,|$))/.test(encoding ?? '');
    const response = streamOf(reply, {
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="sync-history.${format}"`,
      'x-synctrail-count': String(count),
      vary: 'accept-encoding',
      'x-synctrail-window': `${window.from?.toISOString() ?? ''}/${window.to?.toISOString() ?? ''}`,
      ...(gzip && { 'content-encoding': 'gzip' }),
    });
    if (!response) {
      stream.destroy();
      return;
    }
    // A client that leaves ends the query as well; there is nobody left to tell.
    const sent = gzip ? pipeline(stream, createGzip({ level: 3 }), response) : pipeline(stream, response);
    await sent.catch(() => response.destroy());
  }

  /** Lists the syncs of one content type across platforms, newest first unless said. */
  @Get(':typeKey/history')
  async ofType(@Param() { typeKey }: TypeKeyParams, @Query() query: SyncListQuery): Promise<SyncPageDto> {
    if (query.typeKey) throw new InvalidFilterError('typeKey', 'is in the address already');
    return this.list({ ...query, typeKey: [typeKey] });
  }
}
