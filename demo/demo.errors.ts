import { constants } from 'node:os';
import { inspect, isDeepStrictEqual, styleText } from 'node:util';

/** What the product did is not what the demo promises. */
export class BrokenPromiseError extends Error {}

/** Somebody asked the demo to end. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE') {
    super(`Stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Throws {@link BrokenPromiseError} unless both are equal in depth. */
export function verify<T>(what: string, actual: T, expected: T): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new BrokenPromiseError(`${what} should be ${JSON.stringify(expected)}, but is ${JSON.stringify(actual)}.`);
}

/** What went wrong, in words; a bug of the demo itself keeps its stack. */
export function failureText(error: unknown, logs: string[]): string {
  const isBug = error instanceof TypeError || error instanceof RangeError;
  const text = error instanceof Error && !isBug ? error.message : inspect(error);
  return [`${styleText('red', '✖ The demo failed:')} ${text}`, ...logs.map((log) => `  log: ${log}`)].join('\n');
}
