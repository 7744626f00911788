import { ByPrincipal, OnBehalf } from '#access';
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
   * User or system that makes the request, 1 to 255 characters. With access by keys it may be left out: the actor is the
   * principal, and another name that is sent becomes `onBehalfOf`.
   * @example 'jane@example.com'
   */
  @ByPrincipal()
  @Text()
  actor: string;

  /** User or system that the actor acts for, as it says, 1 to 255 characters. */
  @OnBehalf()
  @MayBeLeftOut()
  @Text()
  onBehalfOf?: string;
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
