import { plainToInstance } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsUrl,
  Max,
  Min,
  ValidateBy,
  type ValidationArguments,
  validateSync,
} from 'class-validator';
import { DEFAULT_ENVIRONMENT } from '#platform';
import { ConfigurationError } from '../environment.ts';

const REQUIRED = { message: 'must be set, because another variable of this environment is' };
const PLAIN_URL = {
  protocols: ['http', 'https'],
  require_protocol: true,
  require_tld: false,
  allow_underscores: true,
  disallow_auth: true,
  allow_fragments: false,
  allow_query_components: false,
};

/** Over `http:` the secret and every token can be read on the way: only on this machine, or where somebody said so. */
function NotInTheClear(): PropertyDecorator {
  const validate = (value: unknown, args?: ValidationArguments) =>
    isLoopbackOrNoHttp(String(value)) || (args!.object as OptimizelyEnvironment).allowHttp === 'true';
  const message = (args?: ValidationArguments) =>
    'must be https://, because http:// shows the client secret and the tokens to everybody on the way: ' +
    `set ${variableOf((args!.object as OptimizelyEnvironment).name, 'allowHttp')}=true if that network is yours alone`;
  return ValidateBy({ name: 'notInTheClear', validator: { validate, defaultMessage: message } });
}

function isLoopbackOrNoHttp(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { protocol, hostname } = new URL(address);
  return protocol !== 'http:' || /^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** One instance of the CMS and the API key to reach it with. */
export class OptimizelyEnvironment {
  /** Name of the environment in requests: `default`, `staging` … */
  name: string = DEFAULT_ENVIRONMENT;

  /** Client id of the API key. */
  @IsNotEmpty(REQUIRED)
  clientId: string;

  /** Client secret of the API key. */
  @IsNotEmpty(REQUIRED)
  clientSecret: string;

  /** Address of the SaaS gateway, or of the host of a CMS 13. A path in it is kept. */
  @IsUrl(PLAIN_URL, { message: 'must be an http:// or https:// address without user, password, query or fragment' })
  @NotInTheClear()
  apiUrl: string = 'https://api.cms.optimizely.com';

  /** `true` allows an http address on another machine. */
  @IsOptional()
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  allowHttp?: string;

  /** User that the API key acts for. The key must allow it. */
  @IsOptional()
  actAs?: string;

  /** Time limit of each HTTP call, including its body. */
  @IsInt({ message: 'must be a whole number of milliseconds' })
  @Min(1, { message: 'must be at least 1 ms' })
  @Max(300_000, { message: 'must be at most 300000 ms' })
  timeoutMs: number = 30_000;

  /**
   * Maximum number of HTTP calls at the same time.
   * @unit calls
   */
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  @Max(64, { message: 'must be at most 64' })
  maxConcurrency: number = 4;
}

const VARIABLE =
  /^OPTIMIZELY_CMS_(?:([A-Z0-9]+(?:_[A-Z0-9]+)*)_)?(CLIENT_ID|CLIENT_SECRET|API_URL|ALLOW_HTTP|ACT_AS|TIMEOUT_MS|MAX_CONCURRENCY)$/;

/**
 * Reads every environment that has a variable set: `OPTIMIZELY_CMS_CLIENT_ID` belongs to `default`,
 * `OPTIMIZELY_CMS_EU_STAGING_CLIENT_ID` to `eu-staging`. None set, no environments. Throws
 * {@link ConfigurationError} with every problem at once; secrets are not quoted.
 */
export function optimizelyEnvironments(env: NodeJS.ProcessEnv): OptimizelyEnvironment[] {
  const problems: string[] = [];
  const settings = new Map<string, Record<string, string>>();
  for (const [variable, value] of Object.entries(env)) {
    const [matched, infix, suffix] = VARIABLE.exec(variable) ?? [];
    if (!matched || !suffix || !value?.trim()) continue;
    const name = infix?.toLowerCase().replaceAll('_', '-') ?? DEFAULT_ENVIRONMENT;
    if (infix && name === DEFAULT_ENVIRONMENT) {
      problems.push(`${variable} is not read: the environment "${name}" is configured by OPTIMIZELY_CMS_${suffix}`);
      continue;
    }
    settings.set(name, { ...settings.get(name), [propertyOf(suffix)]: value.trim() });
  }

  const environments = [...settings].map(([name, values]) =>
    plainToInstance(
      OptimizelyEnvironment,
      { name, ...values },
      { enableImplicitConversion: true, exposeDefaultValues: true },
    ),
  );
  problems.push(...environments.flatMap(problemsOf));
  if (problems.length > 0) throw new ConfigurationError(problems.sort());
  return environments.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** The environment variable that holds a setting: (`staging`, `clientId`) → `OPTIMIZELY_CMS_STAGING_CLIENT_ID`. */
export function variableOf(environment: string, property: string): string {
  const infix = environment === DEFAULT_ENVIRONMENT ? '' : `${environment.replaceAll('-', '_').toUpperCase()}_`;
  return `OPTIMIZELY_CMS_${infix}${property.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;
}

const propertyOf = (suffix: string) =>
  suffix.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const rank = (environment: OptimizelyEnvironment) => (environment.name === DEFAULT_ENVIRONMENT ? 0 : 1);

function problemsOf(environment: OptimizelyEnvironment): string[] {
  return validateSync(environment).flatMap(({ property, value, constraints }) =>
    Object.values(constraints ?? {}).map(
      (problem) => `${variableOf(environment.name, property)} ${problem}${quoted(value)}`,
    ),
  );
}

/** An address with an "@" may hold a password. */
const quoted = (value: unknown) =>
  (typeof value === 'string' || typeof value === 'number') && !`${value}`.includes('@') ? ` (it is "${value}")` : '';
