import { IsInt, IsOptional, Matches, Max, MaxLength, Min, ValidateBy, ValidateIf } from 'class-validator';
import { InvalidGrantError, grantsOf } from '#access';
import { isLoopback } from '#http';
import { ConfigurationError, readEnvironment } from '../environment.ts';
import type { IssuerOptions } from './issuer.options.ts';

const VISIBLE = /^[\x21-\x7e]{1,255}$/;
const NAME = { message: '$property must have 1 to 255 visible ASCII characters' };

/** Tokens and codes travel to the issuer and back: nobody on the way may read them. */
function IssuerAddress(): PropertyDecorator {
  const validate = (value: unknown) => {
    if (!URL.canParse(String(value))) return false;
    const { protocol, hostname, username, search, hash } = new URL(String(value));
    const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
    return isSafe && username === '' && search === '' && hash === '';
  };
  const message = '$property must be an address that begins with https://, without user, query and fragment';
  return ValidateBy({ name: 'issuerAddress', validator: { validate } }, { message });
}

function RoleList(): PropertyDecorator {
  return ValidateBy(
    { name: 'roleList', validator: { validate: (value) => readRoles(String(value)) !== undefined } },
    {
      message:
        '$property must be roles of the issuer and what they may do, such as "Admins=admin;Editors=operator@cms/staging,viewer"',
    },
  );
}

/** The configuration of the OpenID Connect issuer. Each property has the name of its variable. */
export class IssuerConfig {
  /**
   * Address of an OpenID Connect issuer, whose users can use the service as well as holders of API keys. It needs `ACCESS=keys`,
   * and `OIDC_AUDIENCE`, `OIDC_CLIENT_ID` or both.
   */
  @ValidateIf((config: IssuerConfig) => config.OIDC_ISSUER !== undefined || config.isOfIssuer)
  @IssuerAddress()
  OIDC_ISSUER?: string;

  /** Audience that the tokens of programs must name (`aud`). Unset, programs need an API key. */
  @IsOptional()
  @Matches(VISIBLE, NAME)
  OIDC_AUDIENCE?: string;

  /** Client id of the dashboard at the issuer. Unset, the dashboard signs in with an API key. */
  @IsOptional()
  @Matches(VISIBLE, NAME)
  OIDC_CLIENT_ID?: string;

  /** Client secret of the dashboard. Unset, it is a public client; PKCE is used either way. */
  @IsOptional()
  @Matches(/^[\x20-\x7e]{1,500}$/, { message: '$property must have 1 to 500 visible ASCII characters' })
  OIDC_CLIENT_SECRET?: string;

  /** Scopes that the sign-in of the dashboard asks for, with spaces between. Some issuers tell roles only for a further scope. */
  @Matches(/^openid( [\x21-\x7e]+)*$/, { message: '$property must be openid, and further scopes with spaces between' })
  @MaxLength(500)
  OIDC_SCOPE: string = 'openid profile email';

  /**
   * Address at which browsers reach the service, without a path: `https://synctrail.example.com`. Unset, the service takes it from
   * each request. The issuer must know its `/sign-in/callback`, to which it sends browsers back.
   */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s/?#@]+$/, {
    message: '$property must be an address without a path, such as https://synctrail.example.com',
  })
  PUBLIC_URL?: string;

  /** Claim that holds the roles, as a list or one text. Dots lead into objects: `realm_access.roles`. */
  @Matches(VISIBLE, NAME)
  OIDC_ROLES_CLAIM: string = 'roles';

  /**
   * Roles of the issuer, separated by semicolons, each with its scopes and roles here: `Admins=admin;Editors=operator@optimizely/staging,viewer`.
   * Other roles then count for nothing. Unset, the roles of the issuer have the names of scopes and roles here.
   */
  @IsOptional()
  @RoleList()
  OIDC_ROLES?: string;

  /** Claim that names the person in the record. Without it, `email`, `name` and `sub` follow. */
  @Matches(VISIBLE, NAME)
  OIDC_NAME_CLAIM: string = 'preferred_username';

  /** Time for which a sign-in holds. What the issuer takes from a person counts from the next sign-in on. */
  @IsInt({ message: '$property must be a whole number' })
  @Min(1_000)
  @Max(604_800_000)
  OIDC_SESSION_MS: number = 3_600_000;

  /** Difference between the clock of the issuer and the clock of the process that tokens may show. */
  @IsInt({ message: '$property must be a whole number' })
  @Min(0)
  @Max(600_000)
  OIDC_CLOCK_TOLERANCE_MS: number = 30_000;

  /** Whether anything of an issuer is set. */
  get isOfIssuer(): boolean {
    const { OIDC_AUDIENCE, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ROLES } = this;
    return (OIDC_AUDIENCE ?? OIDC_CLIENT_ID ?? OIDC_CLIENT_SECRET ?? OIDC_ROLES) !== undefined;
  }
}

/** The issuer that the environment names, if it does. Throws `ConfigurationError`. */
export function issuerOptions(env: NodeJS.ProcessEnv): IssuerOptions | undefined {
  const config = readEnvironment(IssuerConfig, env);
  const { OIDC_ISSUER: url, OIDC_AUDIENCE: audience, OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret } = config;
  if (url === undefined) return undefined;
  const problems = [
    env.ACCESS !== 'keys' && 'OIDC_ISSUER needs ACCESS=keys, because the service asks nobody who they are otherwise',
    audience === undefined &&
      id === undefined &&
      'OIDC_ISSUER needs OIDC_AUDIENCE for tokens of programs, OIDC_CLIENT_ID for the sign-in of the dashboard, or both',
    secret !== undefined && id === undefined && 'OIDC_CLIENT_SECRET needs OIDC_CLIENT_ID',
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    url,
    audience,
    client: id === undefined ? undefined : { id, secret },
    scope: config.OIDC_SCOPE,
    publicUrl: config.PUBLIC_URL,
    nameClaim: config.OIDC_NAME_CLAIM,
    rolesClaim: config.OIDC_ROLES_CLAIM,
    roles: config.OIDC_ROLES === undefined ? undefined : readRoles(config.OIDC_ROLES),
    sessionMs: config.OIDC_SESSION_MS,
    clockToleranceMs: config.OIDC_CLOCK_TOLERANCE_MS,
  };
}

/** Reads `Admins=admin;Editors=operator@optimizely/staging,viewer`; undefined where that cannot be read. */
function readRoles(text: string): Map<string, string[]> | undefined {
  const roles = new Map<string, string[]>();
  for (const entry of text.split(';').filter((part) => part.trim() !== '')) {
    const at = entry.lastIndexOf('=');
    const [role, grants] = [
      entry.slice(0, at).trim(),
      entry
        .slice(at + 1)
        .split(',')
        .map((grant) => grant.trim()),
    ];
    if (at < 1 || role === '' || !grants.every(isGrant)) return undefined;
    roles.set(role, [...(roles.get(role) ?? []), ...grants]);
  }
  return roles.size === 0 ? undefined : roles;
}

/** Whether a text is a role or a scope of ours. */
export function isGrant(text: string): boolean {
  try {
    return grantsOf(text).length > 0;
  } catch (error) {
    if (error instanceof InvalidGrantError) return false;
    throw error;
  }
}
