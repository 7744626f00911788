import { Body, Controller, Get, Param, Post, Put, Query, Res, type StreamableFile } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiResponse, ApiTags } from '@nestjs/swagger';
import limit from 'p-limit';
import { assertAllowedAt, assertAllowedSomewhereOn, NeedsAtTarget } from '#access';
import { AccessLog } from '#access-log';
import {
  answerWithStored,
  ApiForms,
  pageOf,
  type PageStart,
  type RawReply,
  StoredJson,
  TextFiles,
  TypeQuery,
} from '#http';
import { type Json, SHOWN } from '#json';
import { PlatformRegistry } from '#platform';
import { Refuses } from '#problems';
import { BodyLimit, SNAPSHOT_BODY, SNAPSHOTS_BODY } from '#request-body';
import { SnapshotService } from '#snapshot';
import { Catalogue } from './catalogue.ts';
import type { ContentTypeVersion } from './content-type-version.entity.ts';
import {
  CatalogueDto,
  CatalogueQuery,
  CommitQuery,
  CommittedVersionDto,
  ContentTypeDto,
  ContentTypeParams,
  DiffQuery,
  ImportQuery,
  ImportResultDto,
  VersionDiffDto,
  VersionDto,
  VersionPageDto,
  VersionsQuery,
} from './content-type.dto.ts';
import { ContentTypeImporter } from './content-type.importer.ts';
import { refKey, type TypeRef } from './type-ref.ts';
import { VersionHistoryService } from './version-history.service.ts';
import { comparable, VersionDiff } from './version.diff.ts';
import { VersionTree } from './version.tree.ts';

const DEFINITION_EXAMPLE = {
  key: 'Article',
  displayName: 'Article',
  baseType: '_page',
  properties: { heading: { type: 'string', displayName: 'Heading', isRequired: true } },
};

const DEFINITIONS = { type: 'array', items: { type: 'object', additionalProperties: true } } as const;
const MANIFEST = {
  propertyGroups: { ...DEFINITIONS, description: 'Definitions of the kind `propertyGroup`.' },
  contentTypes: { ...DEFINITIONS, description: 'Definitions of the kind `contentType`.' },
  displayTemplates: { ...DEFINITIONS, description: 'Definitions of the kind `displayTemplate`.' },
};

const COMPARED_AT_ONCE = 4;

@ApiTags('content types')
@NeedsAtTarget('read')
@Controller('content-types')
export class ContentTypeController {
  /** Each comparison holds two definitions. */
  private readonly turns = limit(COMPARED_AT_ONCE);

  constructor(
    private readonly log: AccessLog,
    private readonly importer: ContentTypeImporter,
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
    private readonly snapshots: SnapshotService,
    private readonly files: TextFiles,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Imports every definition of a manifest as the latest version of its content type, all or none. */
  @Post('import')
  @NeedsAtTarget('catalogue:write')
  @BodyLimit(SNAPSHOTS_BODY)
  @ApiBody({ schema: { type: 'object', properties: MANIFEST, example: { contentTypes: [DEFINITION_EXAMPLE] } } })
  @Refuses(
    'INVALID_DEFINITION',
    'SECRET_IN_DEFINITION',
    'PLATFORM_REQUIRED',
    'UNKNOWN_PLATFORM',
    'SNAPSHOT_TOO_LARGE',
    'RECORDING_UNAVAILABLE',
  )
  async importContentTypes(@Body() manifest: object, @Query() query: ImportQuery): Promise<ImportResultDto> {
    const platform = this.platforms.meantToWrite(query.platform);
    const target = { platform, environment: '*' };
    assertAllowedAt(target);
    const { author, message } = query;
    const event = { action: 'catalogue.imported', actor: author, target, filter: { message } } as const;
    const { versions, ignored, moreIgnored } = await this.importer.importManifest(
      manifest as Json,
      { platform, author, message },
      (transaction, rows) => this.log.appendIn(transaction, { ...event, rows }),
    );
    const created = versions.filter((version) => version.created).length;
    return {
      items: versions.map(({ version, ...result }) => ({ ...versionDto(version), ...result })),
      created,
      unchanged: versions.length - created,
      ...{ ignored, moreIgnored },
      root: await this.catalogue.root(platform),
    };
  }

  /** Makes a definition the latest version. Answers 200 instead of 201 when the latest version was already the same. */
  @Put(':typeKey')
  @NeedsAtTarget('catalogue:write')
  @BodyLimit(SNAPSHOT_BODY)
  @ApiResponse({ status: 201, type: CommittedVersionDto, description: 'The request created a new version.' })
  @ApiResponse({ status: 200, type: CommittedVersionDto, description: 'The latest version was already the same.' })
  @ApiBody({ schema: { type: 'object', example: DEFINITION_EXAMPLE } })
  @Refuses('INVALID_DEFINITION', 'SECRET_IN_DEFINITION', 'PLATFORM_REQUIRED', 'UNKNOWN_PLATFORM', 'SNAPSHOT_TOO_LARGE')
  async putContentType(
    @Param() { typeKey }: ContentTypeParams,
    @Query() query: CommitQuery,
    @Body() definition: object,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<CommittedVersionDto> {
    const platform = this.platforms.meantToWrite(query.platform);
    assertAllowedAt({ platform, environment: '*' });
    const commit = { ...query, platform, typeKey, definition: definition as Json };
    const { version, ...result } = await this.importer.importDefinition(commit);
    response.status(result.created ? 201 : 200);
    return { ...versionDto(version), ...result };
  }

  /** Lists the latest version of every content type of a platform, with the root hash of the whole model. */
  @Get()
  @Refuses('PLATFORM_REQUIRED')
  async listContentTypes(@Query() query: CatalogueQuery): Promise<CatalogueDto> {
    const { kind, retired: wanted, limit, cursor } = query;
    const platform = this.platforms.meant(query.platform);
    assertAllowedSomewhereOn(platform);
    const retired = await this.catalogue.retired(platform);
    const catalogue = await this.versions.catalogue(platform);
    const all = catalogue.map((version) => ({ key: refKey(version), version }));
    const listed = all
      .filter(({ version }) => kind === undefined || version.kind === kind)
      .filter(({ key }) => wanted === undefined || retired.has(key) === wanted)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const find = (start: PageStart | undefined, count: number) => {
      const isBackwards = start?.direction === 'prev';
      const inOrder = isBackwards ? listed.toReversed() : listed;
      const isBeyond = (key: string) => !start || (isBackwards ? key < start.key : key > start.key);
      return Promise.resolve(inOrder.filter(({ key }) => isBeyond(key)).slice(0, count));
    };
    const keyOf = ({ key }: (typeof all)[number]) => key;
    const page = await pageOf({ limit, cursor }, { keyOf, isKey: () => true, find });
    const items = page.items.map(({ key, version }) => ({ ...versionDto(version), retired: retired.get(key) ?? null }));
    const current = all.filter(({ key }) => !retired.has(key)).map(({ version }) => version);
    return { ...page, items, root: (await VersionTree.inSlices(current)).root };
  }

  /** Shows the latest version of a content type with its definition. */
  @Get(':typeKey')
  @ApiOkResponse({ type: ContentTypeDto })
  @Refuses('PLATFORM_REQUIRED', 'CONTENT_TYPE_NOT_FOUND', 'SNAPSHOT_NOT_FOUND')
  async getContentType(@Param() { typeKey }: ContentTypeParams, @Query() query: TypeQuery): Promise<StreamableFile> {
    return this.withDefinition(await this.versions.latest(this.typeOf(typeKey, query)));
  }

  /** Lists the versions of a content type, newest first. */
  @Get(':typeKey/versions')
  @Refuses('PLATFORM_REQUIRED', 'CONTENT_TYPE_NOT_FOUND')
  async listVersions(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { limit, cursor, ...query }: VersionsQuery,
  ): Promise<VersionPageDto> {
    const type = this.typeOf(typeKey, query);
    const page = await pageOf<ContentTypeVersion>(
      { limit, cursor },
      {
        keyOf: ({ number }) => String(number),
        isKey: (key) => /^[1-9]\d{0,8}$/.test(key),
        find: (start, count) => this.versions.history(type, count, start),
      },
    );
    return { ...page, items: page.items.map(versionDto) };
  }

  /** Lists the changes between two versions, with the impact of each change on existing content. */
  @Get(':typeKey/diff')
  @ApiForms(VersionDiffDto, { 'application/x-ndjson': 'text' })
  @Refuses('PLATFORM_REQUIRED', 'CONTENT_TYPE_NOT_FOUND', 'SNAPSHOT_NOT_FOUND', 'VERSION_NOT_FOUND', 'TOO_MANY_EXPORTS')
  async compareVersions(
    @Param() { typeKey }: ContentTypeParams,
    @Query() { from, to, format, ...query }: DiffQuery,
    @Res({ passthrough: true }) reply: RawReply,
  ): Promise<VersionDiffDto | undefined> {
    const type = this.typeOf(typeKey, query);
    const model = this.platforms.model(type.platform);
    const before = await this.named(type, from);
    const after = to === undefined ? await this.versions.latest(type) : await this.named(type, to);
    const both = async () => {
      const [old, current] = await this.versions.definitions([before, after]);
      return comparable(this.platforms, old!, current!);
    };
    if (format === 'ndjson') {
      const file = { name: `${before.number}-${after.number}.diff.ndjson`, type: 'application/x-ndjson' };
      await this.files.send(reply, file, async () => {
        const [old, current] = await both();
        return VersionDiff.lines(old, current, model);
      });
      return undefined;
    }
    const { changes, impact, omitted } = await this.turns(async () => {
      const [old, current] = await both();
      return VersionDiff.inSlices(old, current, SHOWN, model);
    });
    return { from: versionDto(before), to: versionDto(after), impact, changes, omitted };
  }

  private typeOf(typeKey: string, { platform, kind }: TypeQuery): TypeRef {
    const type = { platform: this.platforms.meant(platform), kind, typeKey };
    assertAllowedSomewhereOn(type.platform);
    return type;
  }

  private named(type: TypeRef, name: string): Promise<ContentTypeVersion> {
    const version = parseNumberOrHash(name);
    return typeof version === 'number' ? this.versions.byNumber(type, version) : this.versions.byHash(type, version);
  }

  private async withDefinition(version: ContentTypeVersion): Promise<StreamableFile> {
    const bytes = (await this.snapshots.readBytes([version.snapshotDigest])).get(version.snapshotDigest)!;
    const retired = (await this.catalogue.retired(version.platform)).get(refKey(version)) ?? null;
    return answerWithStored({ ...versionDto(version), retired, definition: new StoredJson(bytes) });
  }
}

/** A version is named by its number or its hash: at most nine digits are a number. */
function parseNumberOrHash(name: string): number | string {
  return /^[0-9]{1,9}$/.test(name) ? Number(name) : name;
}

function versionDto(version: ContentTypeVersion): VersionDto {
  const { platform, kind, typeKey, number, versionHash, parentHash, origin, author, message, createdAt } = version;
  return {
    ...{ platform, kind, typeKey, number, versionHash, origin, author, createdAt },
    parentHash: parentHash ?? null,
    message: message ?? null,
  };
}
