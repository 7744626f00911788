import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean } from 'class-validator';
import { RequesterDto } from '#http';
import { MayBeLeftOut, Name, Nested, Text } from '#validation';
import type { LeftItem } from './pull.errors.ts';

/** Which platform is meant. */
export class PlatformParams {
  /**
   * Name of an installed platform, such as `optimizely`.
   * @example 'optimizely'
   */
  @Text()
  platform: string;
}

/** What is to be read from a platform. */
export class PullRequestDto extends RequesterDto {
  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';

  /**
   * Free text shown in the history, 1 to 2,000 characters.
   * @example 'Check for edits in the CMS'
   */
  @MayBeLeftOut()
  @Text(2_000)
  reason?: string;
}

/** An environment that a platform is configured for. */
export class PlatformEnvironmentDto {
  /** Name of the environment, for use in requests. */
  name: string;
  /** Address of the environment; null where the platform does not tell it. */
  address: string | null;
  /** Account or client id that the service uses there; null where the platform does not tell it. */
  account: string | null;
}

/** A platform that is installed. */
export class PlatformDto {
  /** Name of the platform, for use in requests. */
  name: string;
  /** Configured environments; null when the platform accepts any name. */
  environments: PlatformEnvironmentDto[] | null;
  /** True when the service can delete content types of the platform. */
  canDelete: boolean;
}

export class PlatformListDto {
  /** Installed platforms, sorted by name. */
  items: PlatformDto[];
}

/** One content type, here and there. */
export class PulledItemDto {
  /** Kind of the item that the key names, such as `contentType`. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /**
   * Result of the comparison: `same`, `different`, `new` (only the platform has it), `missing` (only the catalogue has
   * it), or `failed` (it could not be read).
   */
  state: 'same' | 'different' | 'new' | 'missing' | 'failed';
  /** Id of the sync that recorded the pull; null for a missing item that the target was not known to have. */
  syncId: string | null;
  /** Hash of the platform's content. */
  platformHash: string | null;
  /** Hash of the latest version in the catalogue. */
  latestHash: string | null;
  /** Ids of the drift rules that expect everything that differs; empty when they do not, or nothing differs. */
  acceptedBy: string[];
  /** JSON Pointers (RFC 6901) of fields that the platform has and this service does not know, at most 20. They are not compared. */
  unknownFields: string[];
  /** Number of unknown fields beyond those. */
  moreUnknownFields: number;
}

export class PullResultDto {
  /** Id of the call. All syncs of this pull share it. */
  callId: string;
  /** Number of items that are not the same and that no drift rule expects. */
  differences: number;
  /** Number of items that are not the same, as drift rules expect. */
  accepted: number;
  /** Compared items, sorted by kind and key. */
  items: PulledItemDto[];
}

/** One content type that is adopted. */
export class AdoptedItemRequestDto {
  /**
   * Kind of the item that the key names: `contentType`, or another kind of the platform.
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Name(100)
  kind?: string;

  /**
   * Key of the content type.
   * @example 'Article'
   */
  @Name()
  typeKey: string;

  /** Hash of the version that you have seen there. If another version stands there, nothing is adopted. */
  @MayBeLeftOut()
  @Text(64)
  versionHash?: string;
}

/** What is taken over from a target into the catalogue, by whom and why. */
export class AdoptionRequestDto extends RequesterDto {
  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';

  /**
   * Free text kept with each new version and in the history, 1 to 2,000 characters.
   * @example 'The editors need the longer name'
   */
  @Text(2_000)
  reason: string;

  /** Content types to adopt, at most 1,000. Without it, everything that somebody changed on the platform. */
  @MayBeLeftOut()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @Nested(() => AdoptedItemRequestDto)
  items?: AdoptedItemRequestDto[];

  /** Retires content types that somebody removed on the platform. */
  @MayBeLeftOut()
  @IsBoolean()
  includeRemoved: boolean = false;

  /** Replaces versions of the catalogue that are newer than the version that was last sent to this target. */
  @MayBeLeftOut()
  @IsBoolean()
  includeNewer: boolean = false;
}

/** A version that an adoption made the latest one. */
export class AdoptedVersionDto {
  /** Kind of the item that the key names. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /** Number of the new version. */
  number: number;
  /** Hash of the new version. */
  versionHash: string;
}

/** A content type that an adoption retired. */
export class AdoptedRemovalDto {
  /** Kind of the item that the key names. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
}

/** An item that was not adopted. */
export class LeftItemDto {
  /** Kind of the item that the key names. */
  kind: string;
  /** Key of the content type. */
  typeKey: string;
  /**
   * Reason: `newer` (the catalogue has a version that was never sent there), `removed` (somebody removed the item), `retired`
   * (it is retired), `built-in` (it belongs to the platform), `unknown` (its content there is not known) or `redacted`
   * (its content has secrets, which the record does not have).
   */
  why: Exclude<LeftItem['why'], 'moved'>;
}

export class AdoptionResultDto {
  /** Versions that are the latest of their content types now. */
  adopted: AdoptedVersionDto[];
  /** Content types that were removed on the platform and are retired now. */
  retired: AdoptedRemovalDto[];
  /** Items that are not as in the catalogue and that were left as they are. */
  left: LeftItemDto[];
}
