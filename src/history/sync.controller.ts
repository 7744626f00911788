import { createHash } from 'node:crypto';
import { Controller, Get, Header, Headers, Param, Query, Res, type StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse, ApiTags } from '@nestjs/swagger';
import { assertAllowedAt, isBoundToTargets, NeedsAtTarget } from '#access';
import { Logged, noteAccess } from '#access-log';
import {
  answerWithStored,
  ApiForms,
  BY_ID,
  JSON_TYPE,
  OwnRequests,
  pageOf,
  PageQuery,
  type RawReply,
  type Reply,
  StoredJson,
  TextFiles,
} from '#http';
import { PlatformRegistry } from '#platform';
import { type SyncEvent, SyncNotFoundError, SyncReader, type SyncRecord } from '#recording';
import { Refuses } from '#problems';
import { SnapshotService } from '#snapshot';
import { SyncComparison } from './sync.comparison.ts';
import { SyncDetails } from './sync.details.ts';
import {
  eventDto,
  SyncDetailDto,
  SyncDetailQuery,
  SyncDiffDto,
  SyncDiffQuery,
  SyncEventPageDto,
  SyncParams,
  SyncSnapshotDto,
  SyncStatusDto,
} from './sync.dto.ts';

const JSON_PATCH = {
  type: 'array',
  items: {
    type: 'object',
    required: ['op', 'path'],
    properties: { op: { type: 'string', enum: ['add', 'remove', 'replace'] }, path: { type: 'string' }, value: {} },
  },
};

@OwnRequests()
@ApiTags('history')
@NeedsAtTarget('read')
@Controller()
export class SyncController {
  constructor(
    private readonly syncs: SyncReader,
    private readonly details: SyncDetails,
    private readonly snapshots: SnapshotService,
    private readonly comparison: SyncComparison,
    private readonly files: TextFiles,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Shows a sync, with the parts that `include` names. */
  @Get('sync/:syncId')
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: SyncDetailDto })
  @Refuses('SNAPSHOT_NOT_FOUND', 'SYNC_NOT_FOUND', 'VERSION_NOT_FOUND')
  async getSync(@Param() { syncId }: SyncParams, @Query() { include }: SyncDetailQuery): Promise<string> {
    if (isBoundToTargets()) await this.visible(syncId);
    return this.details.text(syncId, new Set(include));
  }

  /** Shows the status of a sync in a small answer for polling. Answers 304 when nothing has changed. */
  @Get('sync/:syncId/status')
  @ApiResponse({ status: 304, description: 'The status has not changed since the answer with this `ETag`.' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'Value of `ETag` from the last answer.' })
  @ApiOkResponse({ type: SyncStatusDto })
  @Refuses('SYNC_NOT_FOUND')
  async getSyncStatus(
    @Param() { syncId }: SyncParams,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SyncStatusDto | undefined> {
    const status = await this.details.status(await this.visible(syncId));
    const etag = `"${createHash('sha256').update(JSON.stringify(status)).digest('base64url').slice(0, 22)}"`;
    reply.header('etag', etag);
    if (!isKnown(etag, known)) return status;
    reply.status(304);
    return undefined;
  }

  /** Lists the events of a sync, oldest first. */
  @Get('sync/:syncId/events')
  @Refuses('SYNC_NOT_FOUND')
  async listSyncEvents(@Param() { syncId }: SyncParams, @Query() query: PageQuery): Promise<SyncEventPageDto> {
    await this.visible(syncId);
    const page = await pageOf<SyncEvent>(query, {
      ...BY_ID,
      find: (start, count) => this.syncs.getEvents(syncId, count, start),
    });
    return { ...page, items: page.items.map(eventDto) };
  }

  /** Shows the content that was sent, and the answer of the platform. */
  @Get('sync/:syncId/snapshot')
  @NeedsAtTarget('payload:read')
  @Logged('payload.read')
  @ApiOkResponse({ type: SyncSnapshotDto })
  @Refuses('SNAPSHOT_NOT_FOUND', 'SYNC_NOT_FOUND', 'RECORDING_UNAVAILABLE')
  async getSyncSnapshot(@Param() { syncId }: SyncParams): Promise<StreamableFile> {
    const { pushedDigest, responseDigest } = await this.visible(syncId);
    const digests = [pushedDigest, responseDigest].filter((digest) => typeof digest === 'string');
    const contents = await this.snapshots.readBytes(digests);
    const shown = (digest?: string | null) =>
      digest ? { digest, content: new StoredJson(contents.get(digest)!) } : null;
    return answerWithStored({ sent: shown(pushedDigest), received: shown(responseDigest) });
  }

  /**
   * Compares the content of a sync with the previous sync, another sync or a version. JSON has the changes that fit into
   * one answer, and counts the rest as `omitted`. A file has all changes: JSON lines (`ndjson`), JSON Patch (RFC 6902) or
   * text.
   */
  @Get('sync/:syncId/diff')
  @NeedsAtTarget('payload:read')
  @Logged('payload.read')
  @ApiForms(SyncDiffDto, {
    'application/json-patch+json': JSON_PATCH,
    'application/x-ndjson': 'text',
    'text/plain': 'text',
  })
  @Refuses(
    'NO_CONTENT',
    'SNAPSHOT_NOT_FOUND',
    'SYNC_NOT_FOUND',
    'VERSION_NOT_FOUND',
    'TOO_MANY_EXPORTS',
    'RECORDING_UNAVAILABLE',
  )
  async compareSync(
    @Param() { syncId }: SyncParams,
    @Query() { against, format }: SyncDiffQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: RawReply,
  ): Promise<SyncDiffDto | undefined> {
    const sync = await this.visible(syncId);
    const wanted = format ?? formatAccepted(accept);
    if (wanted === 'changes') return { syncId, ...(await this.comparison.shown(sync, against)) };
    const [type, ending, written] = FILES[wanted];
    await this.files.send(reply, { type, name: `${syncId}.diff.${ending}` }, async () =>
      (await this.comparison.compare(sync, against))[written](),
    );
    return undefined;
  }

  /** Throws `SyncNotFoundError`, also for a sync that the caller may not see. */
  private async visible(syncId: string): Promise<SyncRecord> {
    const sync = await this.syncs.get(syncId);
    const target = { platform: sync.targetPlatform, environment: sync.environment };
    assertAllowedAt(target, { hidden: new SyncNotFoundError(syncId) });
    noteAccess({ target });
    return sync;
  }
}

/**
 * The formats that come as files: their media type, how the file's name ends, and which form of a comparison they are.
 */
const FILES = {
  patch: ['application/json-patch+json', 'json', 'patch'],
  text: ['text/plain; charset=utf-8', 'txt', 'text'],
  ndjson: ['application/x-ndjson', 'ndjson', 'lines'],
} as const;

function formatAccepted(accept = ''): 'changes' | keyof typeof FILES {
  if (accept.startsWith('text/plain')) return 'text';
  if (accept.startsWith('application/x-ndjson')) return 'ndjson';
  return accept.startsWith('application/json-patch+json') ? 'patch' : 'changes';
}

/** A cache on the way may have made the tag a weak one; a client with several tags sends them all. */
function isKnown(etag: string, ifNoneMatch = ''): boolean {
  const known = new Set(ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, '')));
  return known.has(etag) || known.has('*');
}
