/** Exit codes of all commands, for scripts. */
export const EXIT = { done: 0, failed: 1, partial: 2, drift: 3, refused: 4, usage: 64 } as const;

/** The target has changed since its plan was made: code of a problem, and of a deployment that waited. */
export const STALE = 'PLAN_STALE';

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one message and an exit code. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line cannot be understood. */
export class UsageError extends CliError {
  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** No whole answer came. */
export class NoAnswerError extends CliError {
  constructor(
    message: string,
    /** True when the request may have arrived. */
    readonly maySent: boolean,
    options?: ErrorOptions,
  ) {
    super(message, EXIT.failed, options);
  }
}

/** The service answered with a problem. */
export class ProblemError extends CliError {
  constructor(
    readonly status: number,
    /** Stable code of the problem, as the service sent it. */
    readonly code: string,
    detail: string,
    /** Plan that the problem is about. */
    readonly planId?: string,
  ) {
    super(detail, code === STALE ? EXIT.drift : status < 500 && !isBusy(status) ? EXIT.refused : EXIT.failed);
  }
}

/** True when the same request may succeed later. */
export function mayPass(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ProblemError && error.exitCode === EXIT.failed);
}

function isBusy(status: number): boolean {
  return status === 408 || status === 429;
}
