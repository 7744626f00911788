/** What failures look like together; a failure belongs to one pattern at the most. */
export const SHAPES = [
  'outage',
  'always-failing',
  'burst',
  'rate-limiting',
  'authentication',
  'data-loss',
  'timeouts',
  'slowness',
  'flapping',
  'retry-decay',
] as const;
export type FailureShape = (typeof SHAPES)[number];

export const FINGERPRINT_STATES = ['new', 'ongoing', 'resolved', 'recurring'] as const;
/**
 * `resolved`: every affected type succeeded after it; else `new`: it was never seen before the interval; `recurring`: it was,
 * but then not for as long as the interval is; `ongoing`: all others.
 */
export type FingerprintState = (typeof FINGERPRINT_STATES)[number];
