import { IntersectionType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { PageDto, PageQuery } from '#http';
import type { JsonObject } from '#json';
import { MayBeLeftOut, Text } from '#validation';

/** Which content type is meant. */
export class ContentTypeParams {
  /**
   * The key of the content type, unique within its kind.
   * @example 'Article'
   */
  @Text()
  typeKey: string;
}

export class KindQuery {
  /**
   * What the key names: `contentType`, `propertyGroup`, `displayTemplate` …
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind: string = 'contentType';
}

/** Who made a version, and why. */
export class AuthorQuery {
  /**
   * Who made this version.
   * @example 'jane@example.com'
   */
  @MayBeLeftOut()
  @Text()
  author: string = 'anonymous';

  /**
   * Why it was made.
   * @example 'Articles get a kicker'
   */
  @MayBeLeftOut()
  @Text(2_000)
  message?: string;
}

export class CommitQuery extends AuthorQuery {
  /**
   * What the key names: `contentType`, `propertyGroup`, `displayTemplate` …
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind: string = 'contentType';
}

export class VersionsQuery extends IntersectionType(KindQuery, PageQuery) {}

export class CatalogueQuery extends PageQuery {
  /** Only content types of this kind. */
  @MayBeLeftOut()
  @Text(100)
  kind?: string;

  override limit: number = 100;
}

export class DiffQuery extends KindQuery {
  /**
   * The version before: its number or its hash.
   * @example '1'
   */
  @Text()
  from: string;

  /** The version after: its number or its hash. The latest unless said. */
  @MayBeLeftOut()
  @Text()
  to?: string;

  /** `changes`, as many as an answer shows, or all of them as a file of JSON lines (`ndjson`). */
  @MayBeLeftOut()
  @IsIn(['changes', 'ndjson'])
  format: 'changes' | 'ndjson' = 'changes';
}

/** One state of a content type. */
export class VersionDto {
  /** What the key names. */
  kind: string;
  /** The key of the content type. */
  typeKey: string;
  /** Counts the versions of this content type from 1, without gaps. */
  number: number;
  /** SHA-256 of the canonical JSON (RFC 8785) of the definition, without what a server sets. */
  versionHash: string;
  /** The hash of the version before; null for the first. */
  parentHash: string | null;
  /** Who made it. */
  author: string;
  /** Why it was made. */
  message: string | null;
  /** When it was made. */
  createdAt: Date;
}

/** A version with its definition. */
export class ContentTypeDto extends VersionDto {
  /** The definition, exactly as it was given. */
  definition: JsonObject;
}

/** A version, and whether this request made it. */
export class CommittedVersionDto extends VersionDto {
  /** False when the latest version was the same already. */
  created: boolean;
}

export class CatalogueDto extends PageDto {
  /** The latest version of each content type, by kind and key. */
  items: VersionDto[];
  /** The root of the Merkle tree over all content types: it names this one exact state of the model. */
  root: string;
}

export class VersionPageDto extends PageDto {
  /** Newest first. */
  items: VersionDto[];
}

export class ImportResultDto {
  /** One for each definition, in the order of the manifest. */
  items: CommittedVersionDto[];
  /** How many got a new version. */
  created: number;
  /** How many were the same already. */
  unchanged: number;
  /** Members of the manifest that hold no content types, at most 50; they were not taken. */
  ignored: string[];
  /** How many there are beyond those. */
  moreIgnored: number;
  /** The root of the Merkle tree over all content types after the import. */
  root: string;
}

/** One change between two versions. */
export class VersionChangeDto {
  /** Where, as JSON Pointer (RFC 6901); elements of lists go by their name. */
  path: string;
  /** What happened there. */
  change: 'added' | 'removed' | 'modified';
  /** The value before; absent for what was added. */
  before?: unknown;
  /** The value after; absent for what was removed. */
  after?: unknown;
  /** What it means to content that exists. */
  impact: 'additive' | 'breaking' | 'cosmetic';
}

export class VersionDiffDto {
  /** The version before. */
  from: VersionDto;
  /** The version after. */
  to: VersionDto;
  /** The worst impact of all changes. */
  impact: 'additive' | 'breaking' | 'cosmetic' | 'none';
  /** By path. */
  changes: VersionChangeDto[];
  /** How many changes are left out because the answer would be too large; the file (`format=ndjson`) has them all. */
  omitted: number;
}
