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

/** What the service is told by its environment; each property is the name of its variable. */
export class ServiceConfig {
  /** 0 takes any free port. */
  @WholeNumber(0, 65_535)
  PORT: number = 3000;

  HOST: string = '127.0.0.1';

  /** Names by which callers reach the service, with commas between them, beside loopback; `*` for any. */
  @IsOptional()
  @Matches(/^(\*|[a-z0-9._:-]+(,[a-z0-9._:-]+)*)$/, {
    message: '$property must be * or host names such as synctrail.example.com, without ports, with commas between them',
  })
  ALLOWED_HOSTS?: string;

  /** Milliseconds in which a request must have arrived with its body. */
  @WholeNumber(1_000, 600_000)
  REQUEST_TIMEOUT_MS: number = 20_000;

  @IsOptional()
  @DatabaseAddress()
  DATABASE_URL?: string;

  DATA_DIR: string = '.data';

  /** Milliseconds without a byte after which a connection to the database is given up, idle or in a query. */
  @WholeNumber(1_000, 86_400_000)
  DATABASE_SILENCE_MS: number = 60_000;

  /** Connections to the database that this process may have. */
  @WholeNumber(8, 1_000)
  DATABASE_POOL_SIZE: number = 20;

  @IsIn(LOG_LEVELS, { message: `$property must be one of ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  /** Tries of a call, the first included. */
  @WholeNumber(1, 10)
  RETRY_MAX_ATTEMPTS: number = 3;

  /** Milliseconds before the second try; it doubles from there. */
  @WholeNumber(0, 600_000)
  RETRY_INITIAL_DELAY_MS: number = 1_000;

  /** Milliseconds of the longest pause, also for what a platform asks by Retry-After. */
  @WholeNumber(0, 600_000)
  RETRY_MAX_DELAY_MS: number = 30_000;

  /** Milliseconds that a shutdown waits for running calls. */
  @WholeNumber(0, 600_000)
  SHUTDOWN_GRACE_MS: number = 10_000;

  /** Milliseconds after which a silent process counts as dead, and others settle what it left. */
  @WholeNumber(500, 600_000)
  LEASE_MS: number = 15_000;

  /** Milliseconds in which the reader of an export must take 64 KB of what waits for it, or it is cut. */
  @WholeNumber(500, 600_000)
  EXPORT_STALL_MS: number = 30_000;
  /** Milliseconds that the clock of this process may be from that of the database; further, nothing new begins. */
  @WholeNumber(100, 86_400_000)
  MAX_CLOCK_OFFSET_MS: number = 5_000;

  /** Failures in a row after which an environment of a platform is left alone. */
  @WholeNumber(1, 1_000)
  CIRCUIT_FAILURES: number = 5;

  /** Milliseconds before one call is let through to an environment that is left alone. */
  @WholeNumber(1, 600_000)
  CIRCUIT_RESET_MS: number = 10_000;

  /** Hours over which the success rate of a place is taken. */
  @WholeNumber(1, 720)
  HEALTH_WINDOW_HOURS: number = 24;

  /** Settled syncs below which a success rate says nothing. */
  @WholeNumber(1, 1_000_000)
  HEALTH_MINIMUM_SYNCS: number = 10;

  /** Percent of success below which a place is DEGRADED. */
  @WholeNumber(0, 100)
  HEALTH_DEGRADED_BELOW: number = 95;

  /** Percent of success below which a place is FAILING. */
  @WholeNumber(0, 100)
  @NoMoreThan('HEALTH_DEGRADED_BELOW')
  HEALTH_FAILING_BELOW: number = 50;

  /** Failures in a row from which on a place is FAILING. */
  @WholeNumber(1, 200)
  HEALTH_CONSECUTIVE_FAILURES: number = 5;

  /** Hours without a sync after which a place is STALE; unset learns it from the rhythm of the syncs, if there is one. */
  @IsOptional()
  @WholeNumber(1, 8_760)
  HEALTH_STALE_HOURS?: number;

  /** When the hours that are over are reported; `off` for never. */
  @Cron()
  REPORT_CRON_HOURLY: string = '5 * * * *';

  /** When the days that are over are reported; `off` for never. */
  @Cron()
  REPORT_CRON_DAILY: string = '15 0 * * *';

  /** By whose clocks days begin, and both of the above run. */
  @IsTimeZone({ message: '$property must be a time zone of the IANA database' })
  REPORT_TIME_ZONE: string = 'UTC';

  /** Where alerts go, with the next one; unset keeps them off. */
  @ValidateIf(hasAlerts)
  @IsUrl({ protocols: ['https', 'http'], require_tld: false, require_protocol: true }, { message: ALERT_PAIR })
  ALERT_WEBHOOK_URL?: string;

  /** What alerts are signed with (Standard Webhooks): `whsec_` and the base64 of 24 to 64 bytes. */
  @ValidateIf(hasAlerts)
  @Matches(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, { message: ALERT_SECRET })
  ALERT_WEBHOOK_SECRET?: string;

  /** The conditions that somebody is told of, with commas between them. */
  @Matches(/^(DEGRADED|FAILING|STALE)(,(DEGRADED|FAILING|STALE))*$/, {
    message: '$property must be DEGRADED, FAILING or STALE, or several of them with commas between',
  })
  ALERT_ON: string = 'FAILING,STALE';

  /** Milliseconds for which a place must look otherwise before it is told. */
  @WholeNumber(0, 86_400_000)
  ALERT_AFTER_MS: number = 30_000;

  /** Milliseconds between two looks at the health of all places. */
  @WholeNumber(100, 3_600_000)
  ALERT_EVERY_MS: number = 15_000;

  /** Milliseconds before an alert that did not arrive is sent again; it doubles from there, up to ten minutes. */
  @WholeNumber(10, 600_000)
  ALERT_RETRY_MS: number = 1_000;

  /** Whether alerts may go to a private address, and without TLS. */
  @IsIn(['true', 'false'], { message: '$property must be true or false' })
  ALERT_ALLOW_PRIVATE: string = 'false';

  /** Days after which payloads go that no version and no younger sync names; unset keeps them for ever. */
  @IsOptional()
  @WholeNumber(1, 36_500)
  RETENTION_PAYLOAD_DAYS?: number;

  /** Whole months before this one that syncs and events are kept; unset keeps them for ever. */
  @IsOptional()
  @WholeNumber(1, 1_200)
  RETENTION_FACT_MONTHS?: number;
}
