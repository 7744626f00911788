import type { Health } from '#health';

/** Where alerts go. */
export interface AlertTarget {
  url: string;
  /** `whsec_` and base64, by which the receiver knows that they are ours (Standard Webhooks). */
  secret: string;
}

export interface AlertingOptions {
  /** Null keeps alerts off. */
  target: AlertTarget | null;
  /** The conditions that somebody is told of. */
  on: Health[];
  /** Milliseconds for which a target must look otherwise before it is told. */
  afterMs: number;
  /** Milliseconds between two looks. */
  everyMs: number;
  /** Whether the target may be at a private address, and without TLS. */
  allowPrivate: boolean;
  /** Milliseconds before the second try; it doubles from there, up to ten minutes. */
  retryMs: number;
}

export const ALERTING_OPTIONS = Symbol('alerting options');
