import type { Json, JsonObject } from '#json';
import { DomainError } from '../domain-error.ts';
import type { SyncAnswerItem } from './platform.adapter.ts';

export interface PlatformFailure {
  /** Stable and ours: `RATE_LIMITED`, `DATA_LOSS_REFUSED`, `TIMEOUT` … */
  code: string;
  message: string;
  /** Whether the same call may be tried again; `unknown` when it may have been applied. */
  retryable: boolean | 'unknown';
  /**
   * What is known of the effect of a push. By default `NOT_APPLIED` for an answer with a status from 400 to 499 but 408,
   * and `UNKNOWN` else: then the platform is read back. An error from before bytes left is `NOT_APPLIED`.
   */
  outcome?: 'NOT_APPLIED' | 'UNKNOWN';
  statusCode?: number;
  /** Milliseconds the platform asked us to wait (`Retry-After`). */
  retryAfterMs?: number;
  requestId?: string;
  /** The raw body, kept as the response snapshot. */
  body?: Json;
  metadata?: JsonObject;
  /** What is known already of items of the call, where they are sent one by one: the others alone are tried again. */
  settled?: readonly SyncAnswerItem[];
}

/** A call that a platform refused or that got no usable answer. Mapped once, at the edge of the adapter. */
export class PlatformError extends DomainError {
  readonly code: string;
  /** The platform did not do as asked. */
  readonly httpStatus: number = 502;
  readonly retryable: boolean | 'unknown';
  readonly outcome: 'NOT_APPLIED' | 'UNKNOWN';
  readonly statusCode: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly body: Json | undefined;
  readonly metadata: JsonObject | undefined;
  readonly settled: readonly SyncAnswerItem[];

  constructor(failure: PlatformFailure, options?: ErrorOptions) {
    super(failure.message, {}, options);
    this.code = failure.code;
    this.retryable = failure.retryable;
    this.outcome = failure.outcome ?? (isRefusal(failure.statusCode) ? 'NOT_APPLIED' : 'UNKNOWN');
    this.statusCode = failure.statusCode;
    this.retryAfterMs = failure.retryAfterMs;
    this.requestId = failure.requestId;
    this.body = failure.body;
    this.metadata = failure.metadata;
    this.settled = failure.settled ?? [];
  }
}

/** A platform that answers so has not done what was asked. */
function isRefusal(statusCode = 0): boolean {
  return statusCode >= 400 && statusCode < 500 && statusCode !== 408;
}

export class UnknownPlatformError extends DomainError {
  readonly code = 'UNKNOWN_PLATFORM';
  readonly httpStatus = 404;

  constructor(name: string, installed: string[]) {
    super(`There is no platform "${name}". ${list(installed)}`, { platform: name, installed });
  }
}

/** A request that names no platform, where there is not exactly one. */
export class PlatformRequiredError extends DomainError {
  readonly code = 'PLATFORM_REQUIRED';
  readonly httpStatus = 400;

  constructor(installed: string[]) {
    super(`Name the platform: "platform" may be left out only while one is installed. ${list(installed)}`, {
      installed,
    });
  }
}

export class UnknownEnvironmentError extends DomainError {
  readonly code = 'UNKNOWN_ENVIRONMENT';
  readonly httpStatus = 404;

  constructor(platform: string, environment: string, configured: string[]) {
    super(
      `The platform "${platform}" has no environment "${environment}". Configured environments: ${configured.join(', ') || 'none'}. Set its variables and restart the service.`,
      { platform, environment, configured },
    );
  }
}

function list(installed: string[]): string {
  return `Installed platforms: ${installed.join(', ') || 'none'}.`;
}
