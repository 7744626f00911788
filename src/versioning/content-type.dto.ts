import { IntersectionType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { ByPrincipal } from '#access';
import { PageDto, PageQuery, PlatformQuery, TypeQuery } from '#http';
import type { JsonObject } from '#json';
import { MayBeLeftOut, Name, Text, TrueOrFalse } from '#validation';
import { RetiredDto } from './retirement.dto.ts';
import type { Origin } from './content-type-version.entity.ts';

/** Which content type is meant. */
export class ContentTypeParams {
  /**
   * Key of the content type. It is unique within its kind.
   * @example 'Article'
   */
  @Name()
  typeKey: string;
}

/** Who made a version, and why. */
export class AuthorQuery {
  /**
   * User or system that creates the version, 1 to 255 characters.
   * @example 'jane@example.com'
   */
  @ByPrincipal()
  @MayBeLeftOut()
  @Text()
  author: string = 'anonymous';

  /**
   * Free text about the reason for this version, 1 to 2,000 characters.
   * @example 'Articles get a kicker'
   */
  @MayBeLeftOut()
  @Text(2_000)
  message?: string;
}

export class ImportQuery extends IntersectionType(PlatformQuery, AuthorQuery) {}

export class CommitQuery extends IntersectionType(TypeQuery, AuthorQuery) {}

export class VersionsQuery extends IntersectionType(TypeQuery, PageQuery) {}

export class CatalogueQuery extends IntersectionType(PlatformQuery, PageQuery) {
  /** `true` lists only retired content types, `false` only those that are not retired. By default, both. */
  @MayBeLeftOut()
  @TrueOrFalse()
  retired?: boolean;

  /** Lists only items of this kind. */
  @MayBeLeftOut()
  @Text(100)
  kind?: string;

  override limit: number = 100;
}

export class DiffQuery extends TypeQuery {
  /**
   * Version before the change: its number or its hash.
   * @example '1'
   */
  @Text()
  from: string;

  /** Version after the change: its number or its hash. By default, the latest version. */
  @MayBeLeftOut()
  @Text()
  to?: string;

  /** `changes` for the changes that fit into one answer, or `ndjson` for a file with all changes as JSON lines. */
  @MayBeLeftOut()
  @IsIn(['changes', 'ndjson'])
  format: 'changes' | 'ndjson' = 'changes';
}

/** One state of a content type. */
export class VersionDto {
  /** Name of the platform that the content type is of. */
  platform: string;
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Number of the version within its content type, from 1 without gaps. */
  number: number;
  /** SHA-256 of the canonical JSON (RFC 8785) of the definition, without the fields that the server sets. */
  versionHash: string;
  /** Hash of the previous version; null for the first version. */
  parentHash: string | null;
  /**
   * Origin of the version: `AUTHORED` here, `OBSERVED` first in a pull, or `RECORDED` first by another system. Only an
   * authored version can be the latest.
   */
  origin: Origin;
  /** User or system that created the version. */
  author: string;
  /** Free text about the reason for this version. */
  message: string | null;
  /** Time when the version was created. */
  createdAt: Date;
}

/** The latest version of a content type. */
export class CatalogueEntryDto extends VersionDto {
  /** Retirement of the content type, if it is retired; else null. */
  retired: RetiredDto | null;
}

/** The latest version of a content type with its definition. */
export class ContentTypeDto extends CatalogueEntryDto {
  /** Definition of the content type, exactly as it was given. */
  definition: JsonObject;
}

/** A version, and whether this request made it. */
export class CommittedVersionDto extends VersionDto {
  /** True when the request created this version; false when the latest version was already the same. */
  created: boolean;
  /**
   * Fields of the definition that the model of the platform does not know, as JSON Pointers (RFC 6901), at most 20. The
   * platform may ignore them.
   */
  unknownFields: string[];
  /** Number of further unknown fields of the definition that the list leaves out. */
  moreUnknownFields: number;
}

export class CatalogueDto extends PageDto {
  /** Latest version of each content type, sorted by kind and key. */
  items: CatalogueEntryDto[];
  /** Root hash of the Merkle tree over the content types of the platform that are not retired. It identifies the exact state of the whole model. */
  root: string;
}

export class VersionPageDto extends PageDto {
  /** Versions of the page, newest first. */
  items: VersionDto[];
}

export class ImportResultDto {
  /** Result for each definition, in the order of the manifest. */
  items: CommittedVersionDto[];
  /** Number of new versions. */
  created: number;
  /** Number of definitions that were already the latest version. */
  unchanged: number;
  /** Members of the manifest that hold no content types, at most 50. The import ignored them. */
  ignored: string[];
  /** Number of further ignored members that the list leaves out. */
  moreIgnored: number;
  /** Root hash of the Merkle tree over the content types of the platform after the import. */
  root: string;
}

/** One change between two versions. */
export class VersionChangeDto {
  /** Path of the value, as JSON Pointer (RFC 6901). A list element that has a name appears under its name. */
  path: string;
  /** Type of the change: added, removed or modified. */
  change: 'added' | 'removed' | 'modified';
  /** Value before the change; absent for an added value. */
  before?: unknown;
  /** Value after the change; absent for a removed value. */
  after?: unknown;
  /** Impact of the change on existing content. */
  impact: 'additive' | 'breaking' | 'cosmetic';
}

export class VersionDiffDto {
  /** Version before the changes. */
  from: VersionDto;
  /** Version after the changes. */
  to: VersionDto;
  /** Worst impact of all changes on existing content. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none';
  /** Changes between the versions, sorted by path. */
  changes: VersionChangeDto[];
  /** Number of changes left out because the answer would be too large. The file (`format=ndjson`) has all changes. */
  omitted: number;
}
