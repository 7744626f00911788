/** What {@link TrackingModule.forRoot} takes. Times are milliseconds. */
export interface TrackingOptions {
  retry: RetryPolicy;
  circuit: CircuitOptions;
  /** Whether the HTTP routes of the history are served. Default: no. */
  http: boolean;
  /** Whether the tables are made or brought up to date at start. Default: yes. */
  migrate: boolean;
  /** How long a shutdown waits for running calls. */
  shutdownGraceMs: number;
  /** A process that has been silent for longer counts as dead, and others settle what it left. */
  leaseMs: number;
  /** How long a push waits while another push of the same item to the same target is under way. */
  pushWaitMs: number;
  /** How long a push whose answer proves nothing is read back, before its outcome counts as unknown. */
  readBackMs: number;
  /** A reader of a streamed answer that takes less than 64 KB in this time, while more waits for it, is cut. */
  stallMs: number;
  /** A process whose clock is further from that of the database begins nothing. */
  maxClockOffsetMs: number;
  retention: RetentionOptions;
  redaction: RedactionOptions;
}

/** Names of members that are secret beside those that are known, and names that are not. */
export interface RedactedNames {
  keys?: readonly string[];
  except?: readonly string[];
}

/** How secrets are left out of the record. */
export interface RedactionOptions extends RedactedNames {
  /** What the hashes in the marks are made with, the same in all processes. By default, a random key in the database. */
  key?: string;
  /** Names that count for one platform only. */
  platforms?: Readonly<Record<string, RedactedNames>>;
}

/** How long things are kept; null is for ever. */
export interface RetentionOptions {
  /** Days that payloads no version and no younger sync names are kept. */
  payloadDays: number | null;
  /** Whole months before this one that syncs and events are kept. */
  factMonths: number | null;
}

/** When calls to an environment of a platform stop for a while. */
export interface CircuitOptions {
  /** Failures in a row that open it. */
  failures: number;
  /** How long it stays open before one call is let through. */
  resetMs: number;
}

export const DEFAULT_TRACKING_OPTIONS: Omit<TrackingOptions, 'retry'> = {
  circuit: { failures: 5, resetMs: 10_000 },
  http: false,
  migrate: true,
  shutdownGraceMs: 10_000,
  leaseMs: 15_000,
  pushWaitMs: 60_000,
  readBackMs: 30_000,
  stallMs: 30_000,
  maxClockOffsetMs: 5_000,
  retention: { payloadDays: null, factMonths: null },
  redaction: {},
};

export const TRACKING_OPTIONS = Symbol('tracking-options');
export const REDACTION_OPTIONS = Symbol('redaction-options');

/** When a failed call is tried again. Times are milliseconds. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  maxAttempts: number;
  initialDelayMs: number;
  multiplier: number;
  /** The longest pause, also for what a platform asks by `Retry-After`. */
  maxDelayMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 3,
  initialDelayMs: 1_000,
  multiplier: 2,
  maxDelayMs: 30_000,
};
