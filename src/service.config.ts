import { applyDecorators } from '@nestjs/common';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsTimeZone,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  type ValidationArguments,
} from 'class-validator';
import { validateCronExpression } from 'cron';
import { parseDatabaseUrl } from '#database';

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

  /** Address that the service listens on. */
  HOST: string = '127.0.0.1';

  /**
   * Host names that callers use for the service, besides the loopback names, separated by commas. `*` allows any name.
   */
  @IsOptional()
  @Matches(/^(\*|[a-z0-9._:-]+(,[a-z0-9._:-]+)*)$/, {
    message: '$property must be * or host names such as synctrail.example.com, without ports, with commas between them',
  })
  ALLOWED_HOSTS?: string;

  /** Time limit for the arrival of a whole request, with its body. */
  @WholeNumber(1_000, 600_000)
  REQUEST_TIMEOUT_MS: number = 20_000;

  /** Address of PostgreSQL: `postgres://…`. Unset, the service starts an embedded PostgreSQL in `DATA_DIR`. */
  @IsOptional()
  @DatabaseAddress()
  DATABASE_URL?: string;

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

  /** Days to keep payloads that no version and no younger sync uses. Unset, the service keeps them for ever. */
  @IsOptional()
  @WholeNumber(1, 36_500)
  RETENTION_PAYLOAD_DAYS?: number;

  /** Whole months before the current one to keep syncs and events. Unset, the service keeps them for ever. */
  @IsOptional()
  @WholeNumber(1, 1_200)
  RETENTION_FACT_MONTHS?: number;
}
