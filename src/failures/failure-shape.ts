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
