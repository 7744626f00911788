import { applyDecorators } from '@nestjs/common';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsTimeZone,
  IsUrl,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateIf,
  type ValidationArguments,
} from 'class-validator';
import { validateCronExpression } from 'cron';
import { parseDatabaseUrl } from '#database';
import { isLoopback, isProxyRange } from '#http';
import { readApprovalTargets } from '#plan';
import { readRedactedNames } from '#redaction';
import { readWatches } from '#watch';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

function WholeNumber(min: number, max: number): PropertyDecorator {
  const message = `$property must be a whole number from ${min} to ${max}`;
  return applyDecorators(IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

function DatabaseAddress(): PropertyDecorator {
  const problem = (value: unknown) => {
    try {
      parseDatabaseUrl(String(value));
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  return ValidateBy(
    { name: 'databaseAddress', validator: { validate: (value) => problem(value) === undefined } },
    { message: ({ value }) => `$property must be a postgres:// address: ${problem(value)}` },
  );
}

function WatchList(): PropertyDecorator {
  const problem = (value: unknown) => {
    try {
      readWatches(String(value));
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  return ValidateBy(
    { name: 'watchList', validator: { validate: (value) => problem(value) === undefined } },
    { message: ({ value }) => `$property cannot be read: ${problem(value)}` },
  );
}

function SecretNameList(): PropertyDecorator {
  return ValidateBy(
    { name: 'secretNameList', validator: { validate: (value) => readRedactedNames(String(value)) !== undefined } },
    { message: '$property must be names such as iban or platform/tokenLabel, with commas between them' },
  );
}

function Cron(): PropertyDecorator {
  const validate = (value: unknown) => value === 'off' || validateCronExpression(String(value)).valid;
  return ValidateBy(
    { name: 'cron', validator: { validate } },
    { message: '$property must be a cron expression such as 5 * * * *, or off' },
  );
}

function NoMoreThan(other: 'HEALTH_DEGRADED_BELOW'): PropertyDecorator {
  const validate = (value: unknown, args?: ValidationArguments) =>
    Number(value) <= (args!.object as ServiceConfig)[other];
  return ValidateBy(
    { name: 'noMoreThan', validator: { validate } },
    { message: `$property must be no more than ${other}` },
  );
}

function LoopbackUnlessAccess(): PropertyDecorator {
  const validate = (value: unknown, args?: ValidationArguments) =>
    isLoopback(String(value)) || (args!.object as ServiceConfig).ACCESS !== undefined;
  return ValidateBy(
    { name: 'loopbackUnlessAccess', validator: { validate } },
    {
      message:
        '$property must be a loopback address such as 127.0.0.1, because access is open. Make a key with ' +
        '"synctrail keys create", and set ACCESS=keys. For a service behind a proxy that authenticates callers, set ACCESS=open',
    },
  );
}

const ALERT_PAIR = '$property must be an address, https://…, and ALERT_WEBHOOK_SECRET its secret: both or none';
const ALERT_SECRET =
  '$property must be whsec_ and the base64 of 24 to 64 bytes, and ALERT_WEBHOOK_URL its target: both or none';
const hasAlerts = ({ ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret }: ServiceConfig) =>
  (url ?? secret) !== undefined;

/** The configuration of the service. Each property has the name of its variable; docs/configuration.md is made of this. */
export class ServiceConfig {
  /** Port that the service listens on. 0 selects a free port. */
  @WholeNumber(0, 65_535)
  PORT: number = 3000;

  /** Address that the service listens on. One that other machines reach needs `ACCESS`. */
  @LoopbackUnlessAccess()
  HOST: string = '127.0.0.1';

  /**
   * Users of the service. `keys` is everybody with an API key, as far as its scopes go. `open` is everybody who reaches it,
   * for a service behind a proxy that authenticates callers. Unset, the service listens on a loopback address only, and is
   * open to all users of the machine.
   */
  @IsOptional()
  @IsIn(['open', 'keys'])
  ACCESS?: 'open' | 'keys';

  /**
   * Secret for the cookies of browsers that sign in, the same for all replicas: 32 to 200 characters. Unset, sign-ins end with
   * the process, and a sign-in holds at one replica only.
   */
  @IsOptional()
  @Matches(/^.{32,200}$/, {
    message: '$property must have 32 to 200 characters, such as the output of "openssl rand -base64 32"',
  })
  SESSION_SECRET?: string;

  /**
   * Host names that callers use for the service, besides the loopback names, separated by commas. `*` allows any name.
   */
  @IsOptional()
  @Matches(/^(\*|[a-z0-9._:-]+(,[a-z0-9._:-]+)*)$/, {
    message: '$property must be * or host names such as synctrail.example.com, without ports, with commas between them',
  })
  ALLOWED_HOSTS?: string;

  /**
   * Addresses of the proxies whose `X-Forwarded-For` tells the address of a caller, separated by commas: `10.0.0.7`,
   * `10.0.0.0/8`, `loopback`, `uniquelocal`. Unset, the service believes nobody, and callers behind a proxy share one limit.
   */
  @IsOptional()
  @ValidateBy(
    { name: 'trustedProxies', validator: { validate: (value) => String(value).split(',').every(isProxyRange) } },
    {
      message: '$property must be addresses or ranges such as 10.0.0.0/8, loopback or uniquelocal, with commas between',
    },
  )
  TRUSTED_PROXIES?: string;

  /**
   * Maximum number of requests of one principal, or of one address where nobody is authenticated, in a minute; `0` turns the
   * limit off. Each process counts by itself.
   * @unit requests
   */
  @WholeNumber(0, 10_000_000)
  RATE_LIMIT_PER_MINUTE: number = 30_000;

  /**
   * Maximum number of requests and sign-ins with a wrong key from one address in a minute; `0` turns the limit off. Each
   * process counts by itself.
   * @unit requests
   */
  @WholeNumber(0, 10_000_000)
  RATE_LIMIT_FAILURES_PER_MINUTE: number = 30;

  /** `off` removes `/docs` and `/docs-json`, the pages of the API. */
  @IsIn(['on', 'off'], { message: '$property must be on or off' })
  DOCS: 'on' | 'off' = 'on';

  /**
   * Address for reports of security holes, in `/.well-known/security.txt`: `mailto:security@example.com` or `https://…`. Unset,
   * there is no such file.
   */
  @IsOptional()
  @Matches(/^(mailto:[^\s@,]+@[^\s@,]+|https:\/\/\S+)$/, {
    message: '$property must be mailto: with an address, or an address that begins with https://',
  })
  SECURITY_CONTACT?: string;

  /** Time limit for the arrival of a whole request, with its body. */
  @WholeNumber(1_000, 600_000)
  REQUEST_TIMEOUT_MS: number = 20_000;

  /** Address of PostgreSQL: `postgres://…`. Unset, the service starts an embedded PostgreSQL in `DATA_DIR`. */
  @IsOptional()
  @DatabaseAddress()
  DATABASE_URL?: string;

  /**
   * Role of PostgreSQL that runs the service and does not own the tables. A migration by the owner gives it its rights, and
   * lets it drop the months that `RETENTION_FACT_MONTHS` does not keep.
   */
  @IsOptional()
  @MaxLength(63, { message: '$property must be the name of a role, of at most 63 characters' })
  SERVICE_ROLE?: string;

  /** Directory of the embedded PostgreSQL. Only one service can use it at a time. */
  DATA_DIR: string = '.data';

  /** Time without a byte after which the service closes a connection to the database. */
  @WholeNumber(1_000, 86_400_000)
  DATABASE_SILENCE_MS: number = 60_000;

  /**
   * Maximum number of connections to the database for one process.
   * @unit connections
   */
  @WholeNumber(8, 1_000)
  DATABASE_POOL_SIZE: number = 20;

  /** Lowest level of the log lines: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`. */
  @IsIn(LOG_LEVELS, { message: `$property must be one of ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  /**
   * Maximum number of attempts of a call, including the first.
   * @unit attempts
   */
  @WholeNumber(1, 10)
  RETRY_MAX_ATTEMPTS: number = 3;

  /** Delay before the second attempt. It doubles before each further attempt. */
  @WholeNumber(0, 600_000)
  RETRY_INITIAL_DELAY_MS: number = 1_000;

  /** Maximum delay between two attempts, also when the platform asks for more with `Retry-After`. */
  @WholeNumber(0, 600_000)
  RETRY_MAX_DELAY_MS: number = 30_000;

  /** Time that a shutdown waits for running calls. */
  @WholeNumber(0, 600_000)
  SHUTDOWN_GRACE_MS: number = 10_000;

  /** Silence after which a process counts as dead, and other processes end its syncs. */
  @WholeNumber(500, 600_000)
  LEASE_MS: number = 15_000;

  /** Time that a push waits while another push of the same item to the same target runs. Then it is refused. */
  @WholeNumber(0, 600_000)
  PUSH_WAIT_MS: number = 60_000;

  /**
   * Time within which the service reads the platform back, after a push whose answer proves nothing. Then the outcome
   * is `UNKNOWN` until a later pull shows it.
   */
  @WholeNumber(0, 600_000)
  READ_BACK_MS: number = 30_000;

  /** Time for which a plan can be approved and deployed. */
  @WholeNumber(1_000, 2_592_000_000)
  PLAN_VALID_MS: number = 86_400_000;

  /**
   * Targets whose deployments need the approval of a second person, separated by commas: `optimizely/production`. With
   * `:breaking` behind it, a target needs it only for plans that may lose data.
   */
  @IsOptional()
  @ValidateBy(
    { name: 'approvalTargets', validator: { validate: (value) => readApprovalTargets(String(value)) !== undefined } },
    { message: '$property must be targets such as platform/production, with commas between them' },
  )
  APPROVAL_TARGETS?: string;

  /** Time within which the reader of an export must take 64 KB. The service closes slower connections. */
  @WholeNumber(500, 600_000)
  EXPORT_STALL_MS: number = 30_000;

  /**
   * Maximum difference between the clock of the process and the clock of the database. Above it, the process starts
   * nothing new.
   */
  @WholeNumber(100, 86_400_000)
  MAX_CLOCK_OFFSET_MS: number = 5_000;

  /**
   * Number of failures in a row that opens the circuit of a target.
   * @unit failures
   */
  @WholeNumber(1, 1_000)
  CIRCUIT_FAILURES: number = 5;

  /** Time after which an open circuit lets one call through as a test. */
  @WholeNumber(1, 600_000)
  CIRCUIT_RESET_MS: number = 10_000;

  /** Length of the interval of the success rate that decides the health of a target. */
  @WholeNumber(1, 720)
  HEALTH_WINDOW_HOURS: number = 24;

  /**
   * Minimum number of syncs with a final status for a success rate.
   * @unit syncs
   */
  @WholeNumber(1, 1_000_000)
  HEALTH_MINIMUM_SYNCS: number = 10;

  /**
   * Success rate below which a target is `DEGRADED`.
   * @unit percent
   */
  @WholeNumber(0, 100)
  HEALTH_DEGRADED_BELOW: number = 95;

  /**
   * Success rate below which a target is `FAILING`; at most `HEALTH_DEGRADED_BELOW`.
   * @unit percent
   */
  @WholeNumber(0, 100)
  @NoMoreThan('HEALTH_DEGRADED_BELOW')
  HEALTH_FAILING_BELOW: number = 50;

  /**
   * Number of failures in a row from which on a target is `FAILING`.
   * @unit failures
   */
  @WholeNumber(1, 200)
  HEALTH_CONSECUTIVE_FAILURES: number = 5;

  /** Time without a sync after which a target is `STALE`. Unset, the service learns it from regular syncs. */
  @IsOptional()
  @WholeNumber(1, 8_760)
  HEALTH_STALE_HOURS?: number;

  /** Schedule of the hourly health reports, as a cron expression. `off` turns them off. */
  @Cron()
  REPORT_CRON_HOURLY: string = '5 * * * *';

  /** Schedule of the daily health reports, as a cron expression. `off` turns them off. */
  @Cron()
  REPORT_CRON_DAILY: string = '15 0 * * *';

  /** Time zone of both schedules and of the start of a day: a name from the IANA database. */
  @IsTimeZone({ message: '$property must be a time zone of the IANA database' })
  REPORT_TIME_ZONE: string = 'UTC';

  /**
   * Targets that the service pulls again and again to find drift, separated by semicolons, each with a cron expression and a
   * time zone, such as `optimizely/production=0 3 * * * Europe/Berlin`.
   */
  @IsOptional()
  @WatchList()
  WATCH?: string;

  /** Address that receives the alerts, https. It needs `ALERT_WEBHOOK_SECRET`. Unset, the service sends no alerts. */
  @ValidateIf(hasAlerts)
  @IsUrl({ protocols: ['https', 'http'], require_tld: false, require_protocol: true }, { message: ALERT_PAIR })
  ALERT_WEBHOOK_URL?: string;

  /** Secret that signs the alerts (Standard Webhooks): `whsec_` and the base64 of 24 to 64 bytes. */
  @ValidateIf(hasAlerts)
  @Matches(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, { message: ALERT_SECRET })
  ALERT_WEBHOOK_SECRET?: string;

  /** Conditions that cause an alert, separated by commas: `DEGRADED`, `FAILING`, `STALE`. */
  @Matches(/^(DEGRADED|FAILING|STALE)(,(DEGRADED|FAILING|STALE))*$/, {
    message: '$property must be DEGRADED, FAILING or STALE, or several of them with commas between',
  })
  ALERT_ON: string = 'FAILING,STALE';

  /** Time that a new condition must last before the service sends an alert. */
  @WholeNumber(0, 86_400_000)
  ALERT_AFTER_MS: number = 30_000;

  /** Time between two checks of the health of all targets. */
  @WholeNumber(100, 3_600_000)
  ALERT_EVERY_MS: number = 15_000;

  /** Delay before the second delivery attempt of an alert. It doubles up to ten minutes. */
  @WholeNumber(10, 600_000)
  ALERT_RETRY_MS: number = 1_000;

  /** `true` allows a webhook at a private address, and http. */
  @IsIn(['true', 'false'], { message: '$property must be true or false' })
  ALERT_ALLOW_PRIVATE: string = 'false';

  /**
   * Key of the hashes in the marks that stand in place of secrets, the same in all replicas, at least 32 characters. Unset,
   * the service uses the random key of its database.
   */
  @IsOptional()
  @Matches(/^.{32,500}$/, { message: '$property must have 32 to 500 characters' })
  REDACTION_KEY?: string;

  /**
   * Names of members whose values are secret, besides those that the service knows, separated by commas: `iban`. With a
   * platform before it, a name counts for that platform only: `optimizely/iban`.
   */
  @IsOptional()
  @SecretNameList()
  REDACT_KEYS?: string;

  /** Names of members whose values are no secrets, in the same form, such as `optimizely/tokenLabel`. */
  @IsOptional()
  @SecretNameList()
  REDACT_EXCEPT?: string;

  /** Days to keep payloads that no version and no younger sync uses, and expired plans that nobody used. Unset, the service keeps them for ever. */
  @IsOptional()
  @WholeNumber(1, 36_500)
  RETENTION_PAYLOAD_DAYS?: number;

  /** Whole months before the current one to keep syncs, events, checks of expectations and the access log. Unset, the service keeps them for ever. */
  @IsOptional()
  @WholeNumber(1, 1_200)
  RETENTION_FACT_MONTHS?: number;
}
