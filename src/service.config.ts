import { IsIn, IsInt, IsOptional, IsUrl, Max, Min } from 'class-validator';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What the service is told by its environment; each property is the name of its variable. */
export class ServiceConfig {
  @IsInt({ message: '$property must be a whole number' })
  @Min(0, { message: '$property must be at least 0 (0 takes any free port)' })
  @Max(65_535, { message: '$property must be at most 65535' })
  PORT: number = 3000;

  HOST: string = '127.0.0.1';

  @IsOptional()
  @IsUrl(
    { protocols: ['postgres', 'postgresql'], require_tld: false, require_protocol: true, allow_underscores: true },
    { message: '$property must be a postgres:// address' },
  )
  DATABASE_URL?: string;

  DATA_DIR: string = '.data';

  @IsIn(LOG_LEVELS, { message: `$property must be one of ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  /** Tries of a call, the first included. */
  @IsInt({ message: '$property must be a whole number' })
  @Min(1, { message: '$property must be at least 1' })
  @Max(10, { message: '$property must be at most 10' })
  RETRY_MAX_ATTEMPTS: number = 3;

  /** Milliseconds before the second try; it doubles from there. */
  @IsInt({ message: '$property must be a whole number of milliseconds' })
  @Min(0, { message: '$property must be at least 0' })
  @Max(600_000, { message: '$property must be at most 600000' })
  RETRY_INITIAL_DELAY_MS: number = 1_000;

  /** Milliseconds of the longest pause, also for what a platform asks by Retry-After. */
  @IsInt({ message: '$property must be a whole number of milliseconds' })
  @Min(0, { message: '$property must be at least 0' })
  @Max(600_000, { message: '$property must be at most 600000' })
  RETRY_MAX_DELAY_MS: number = 30_000;

  /** Milliseconds that a shutdown waits for running calls. */
  @IsInt({ message: '$property must be a whole number of milliseconds' })
  @Min(0, { message: '$property must be at least 0' })
  @Max(600_000, { message: '$property must be at most 600000' })
  SHUTDOWN_GRACE_MS: number = 10_000;
}
