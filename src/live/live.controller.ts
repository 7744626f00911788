import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import limit from 'p-limit';
import { assertAllowedAt, isAllowedAt, NeedsAtTarget } from '#access';
import { Logged, noteAccess } from '#access-log';
import { OwnRequests, pageOf, type PageStart, type RawReply, TextFiles, TypeQuery } from '#http';
import { PlatformRegistry, type Target } from '#platform';
import { Refuses } from '#problems';
import { refKey } from '#versioning';
import {
  CompareQuery,
  ComparisonDto,
  type LiveItemDto,
  LivePageDto,
  LiveQuery,
  type LiveTargetQuery,
  LiveTypeParams,
  WhereDto,
} from './live.dto.ts';
import { TargetExport } from './target-export.ts';
import { type ModelItem, TargetModel } from './target-model.ts';

const COMPARISONS_AT_ONCE = 2;
/** Items that one comparison names. */
const MAX_COMPARED = 2_000;

@ApiTags('live')
@ApiExtraModels(LivePageDto)
@OwnRequests()
@NeedsAtTarget('read')
@Controller()
export class LiveController {
  /** Each comparison holds definitions. */
  private readonly turns = limit(COMPARISONS_AT_ONCE);

  constructor(
    private readonly model: TargetModel,
    private readonly exports: TargetExport,
    private readonly files: TextFiles,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Lists what stands at a target, now or at an earlier time, with the evidence for each item. */
  @Get('live')
  @Logged('export.started')
  @ApiResponse({
    status: 200,
    description: 'The items of the target, or the export file of the platform.',
    schema: { anyOf: [{ $ref: getSchemaPath(LivePageDto) }, { type: 'object', additionalProperties: true }] },
  })
  @Refuses(
    'PLATFORM_REQUIRED',
    'SNAPSHOT_NOT_FOUND',
    'LIVE_STATE_INCOMPLETE',
    'LIVE_STATE_BEHIND',
    'RECORDING_UNAVAILABLE',
    'TOO_MANY_EXPORTS',
  )
  async listLiveState(
    @Query() { limit: size, cursor, state, drift, accepted, format, ...asked }: LiveQuery,
    @Res({ passthrough: true }) reply: RawReply,
  ): Promise<LivePageDto | undefined> {
    const target = this.targetOf(asked);
    const at = asked.at ?? new Date();
    const all = await this.model.items(target, asked.at);
    if (format === 'export') {
      assertAllowedAt(target, { scope: 'export' });
      const name = `${target.platform}-${target.environment}.json`.replaceAll(/[^\w.-]/g, '_');
      const rows = all.filter((item) => item.state === 'PRESENT').length;
      const file = { name, type: 'application/json; charset=utf-8', isKept: true, rows };
      noteAccess({ target });
      await this.files.send(reply, file, () => this.exports.open(target.platform, all));
      return undefined;
    }
    const listed = all.filter(
      (item) =>
        (state === undefined || item.state === state) &&
        (drift === undefined || item.drift === drift) &&
        (accepted === undefined || item.acceptedBy.length > 0 === accepted),
    );
    const page = await pageOf<ModelItem>(
      { limit: size, cursor },
      { keyOf: refKey, isKey: () => true, find: (start, count) => Promise.resolve(slice(listed, start, count)) },
    );
    const count = (wanted: ModelItem['state']) => all.filter((item) => item.state === wanted).length;
    const drifted = all.filter((item) => item.drift);
    const acceptedCount = drifted.filter(({ acceptedBy }) => acceptedBy.length > 0).length;
    return {
      ...page,
      ...target,
      at,
      root: this.model.root(all),
      present: count('PRESENT'),
      absent: count('ABSENT'),
      unknown: count('UNKNOWN'),
      drift: drifted.length - acceptedCount,
      acceptedDrift: acceptedCount,
      items: page.items.map(liveItemDto),
    };
  }

  /** Compares a target with another environment, another time, or the catalogue. */
  @Get('live/compare')
  @Refuses('PLATFORM_REQUIRED', 'SNAPSHOT_NOT_FOUND', 'LIVE_STATE_BEHIND')
  async compareTargets(
    @Query() { otherEnvironment, otherAt, catalogue, ...asked }: CompareQuery,
  ): Promise<ComparisonDto> {
    const here = { ...this.targetOf(asked), at: asked.at };
    if (otherEnvironment !== undefined) assertAllowedAt({ platform: here.platform, environment: otherEnvironment });
    const other = { environment: otherEnvironment, at: otherAt, catalogue };
    const { items, ...counts } = await this.turns(() => this.model.compare(here, other));
    return { ...counts, items: items.slice(0, MAX_COMPARED), omitted: Math.max(items.length - MAX_COMPARED, 0) };
  }

  /** Lists the targets that have a content type, those that lack it now, and those where that is unknown. */
  @Get('content-types/:typeKey/where')
  @Refuses('PLATFORM_REQUIRED', 'SNAPSHOT_NOT_FOUND', 'LIVE_STATE_BEHIND')
  async locateContentType(@Param() { typeKey }: LiveTypeParams, @Query() query: TypeQuery): Promise<WhereDto> {
    const platform = this.platforms.meant(query.platform);
    const everywhere = await this.model.where({ platform, kind: query.kind, typeKey });
    const items = everywhere.filter((item) => isAllowedAt(item));
    const inState = (wanted: ModelItem['state']) => items.filter(({ state }) => state === wanted).map(liveItemDto);
    return { items: inState('PRESENT'), absent: inState('ABSENT'), unknown: inState('UNKNOWN') };
  }

  private targetOf({ platform, environment }: LiveTargetQuery): Target {
    const target = { platform: this.platforms.meant(platform), environment };
    assertAllowedAt(target);
    return target;
  }
}

function slice(items: ModelItem[], start: PageStart | undefined, count: number): ModelItem[] {
  const sorted = items.toSorted((a, b) => (refKey(a) < refKey(b) ? -1 : 1));
  const isBackwards = start?.direction === 'prev';
  const inOrder = isBackwards ? sorted.toReversed() : sorted;
  const isBeyond = (key: string) => !start || (isBackwards ? key < start.key : key > start.key);
  return inOrder.filter((item) => isBeyond(refKey(item))).slice(0, count);
}

function liveItemDto(item: ModelItem): LiveItemDto {
  const { platform, environment, kind, typeKey, state, versionHash, number, evidence, syncId } = item;
  const { changedBy, changedAt, drift, acceptedBy } = item;
  return {
    ...{ platform, environment, kind, typeKey, state, versionHash, number, evidence, syncId },
    ...{ changedBy, changedAt, drift, acceptedBy, since: new Date(item.since / 1000) },
  };
}
