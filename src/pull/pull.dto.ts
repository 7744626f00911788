import { MayBeLeftOut, Text } from '#validation';

/** Which platform is meant. */
export class PlatformParams {
  /**
   * The name of the platform.
   * @example 'optimizely'
   */
  @Text()
  platform: string;
}

/** What is to be read from a platform. */
export class PullRequestDto {
  /**
   * The instance of the platform.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';

  /**
   * Who asks.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;

  /**
   * Why.
   * @example 'Has somebody edited behind our back?'
   */
  @MayBeLeftOut()
  @Text(2_000)
  reason?: string;
}

/** A platform that is installed. */
export class PlatformDto {
  /** Its name. */
  name: string;
  /** The instances it is configured for; null when it takes any. */
  environments: string[] | null;
}

export class PlatformListDto {
  /** By name. */
  items: PlatformDto[];
}

/** One content type, here and there. */
export class PulledItemDto {
  /** What the key names. */
  kind: string;
  /** The key of the content type. */
  typeKey: string;
  /** `same`, `different`, `new` (only the platform has it), `missing` (only we have it), or `failed` (it could not be read). */
  state: 'same' | 'different' | 'new' | 'missing' | 'failed';
  /** The sync that recorded it; null for what is missing. */
  syncId: string | null;
  /** The hash of what the platform holds. */
  platformHash: string | null;
  /** The hash of our latest version. */
  latestHash: string | null;
}

export class PullResultDto {
  /** Shared by the syncs of this pull. */
  callId: string;
  /** How many types are not the same. */
  differences: number;
  /** By kind and key. */
  items: PulledItemDto[];
}
