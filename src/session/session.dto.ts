import { IsOptional, Matches, MaxLength } from 'class-validator';
import { Credential, Text } from '#validation';

/** A page of the dashboard: a browser takes `//` and `/\\` for the beginning of another site. */
const OWN_PAGE = /^\/(?![/\\])[\x21-\x7e]*$/;

/** How somebody signs in. */
export class SignInDto {
  /**
   * The whole API key, as `synctrail keys create` printed it.
   * @example 'synctrail_…'
   */
  @Credential()
  @Text(255)
  key: string;
}

/** Where a sign-in at the issuer leads. */
export class SignInQuery {
  /**
   * Page of the dashboard that the browser shows afterwards, as a path.
   * @example '/deployments'
   */
  @IsOptional()
  @MaxLength(1_000)
  @Matches(OWN_PAGE, { message: 'must be a path such as /deployments' })
  returnTo: string = '/';
}

/** Who makes the requests of this browser, or with this key. */
export class SessionDto {
  /** Users of the service: `keys` is everybody with an API key, `open` is everybody who reaches it. */
  access: 'open' | 'keys';
  /** Name of the principal, the actor of everything that it does; null for nobody. */
  name: string | null;
  /** Id of the principal, as the record shows it; null for nobody. */
  principal: string | null;
  /** Scopes of the principal, each with its target unless it holds at every target. */
  grants: string[];
  /** Address that begins a sign-in at the OpenID Connect issuer; null where none is configured. */
  signInUrl: string | null;
  /** Address that ends the session at the issuer, for who has signed in there; null for everybody else. */
  signOutUrl: string | null;
}
