import type { RetryPolicy } from './backoff.ts';

/** What {@link TrackingModule.forRoot} takes. */
export interface TrackingOptions {
  retry: RetryPolicy;
  /** Whether the HTTP routes of the history are served. Default: no. */
  http: boolean;
  /** Whether the tables are made or brought up to date at start. Default: yes. */
  migrate: boolean;
  /** How long a shutdown waits for running calls, in milliseconds. */
  shutdownGraceMs: number;
}

export const TRACKING_OPTIONS = Symbol('tracking-options');
