import { MayBeLeftOut, Text } from '#validation';

/** A target, in an answer. */
export class TargetDto {
  /** Name of the platform, such as `optimizely`. */
  platform: string;
  /** Environment of the platform, such as `production`. */
  environment: string;
}

/** A target, in a request. */
export class TargetRequestDto {
  /**
   * Name of the platform, such as `optimizely`.
   * @example 'optimizely'
   */
  @Text()
  platform: string;

  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';
}

/** The user or system behind a request. */
export class RequesterDto {
  /**
   * User or system that makes the request, 1 to 255 characters.
   * @example 'jane@example.com'
   */
  @Text()
  actor: string;
}

/** Whose catalogue is meant. */
export class PlatformQuery {
  /**
   * Name of the platform, such as `optimizely`. It may be left out while only one platform is installed.
   * @example 'optimizely'
   */
  @MayBeLeftOut()
  @Text()
  platform?: string;
}

/** A target, in a request that may leave the platform out. */
export class MeantTargetDto extends PlatformQuery {
  /**
   * Environment of the platform, such as `production`.
   * @example 'default'
   */
  @MayBeLeftOut()
  @Text()
  environment: string = 'default';
}

/** Which content type a key names. */
export class TypeQuery extends PlatformQuery {
  /**
   * Kind of the item that the key names: `contentType`, or another kind of the platform.
   * @example 'contentType'
   */
  @MayBeLeftOut()
  @Text(100)
  kind: string = 'contentType';
}
