import { RequesterDto } from '#http';
import { MayBeLeftOut, Text } from '#validation';

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
}

export class PullResultDto {
  /** Id of the call. All syncs of this pull share it. */
  callId: string;
  /** Number of items that are not the same. */
  differences: number;
  /** Compared items, sorted by kind and key. */
  items: PulledItemDto[];
}
