import type { SettledSync } from './failure-patterns.ts';

/** Whose fault a failure is, as far as code and HTTP status tell. */
export type FailureCause = 'authentication' | 'rate-limiting' | 'data-loss' | 'timeouts' | 'refusal' | 'ours' | 'other';

/** The causes that are a shape of their own. */
export const NAMED_CAUSES = ['authentication', 'rate-limiting', 'data-loss', 'timeouts'] as const;
export type NamedCause = (typeof NAMED_CAUSES)[number];

/** Codes of other people's adapters are unknown to us, so they go by the words in them; our own decide first. */
const BY_CODE: [RegExp, FailureCause][] = [
  [/DATA_LOSS/, 'data-loss'],
  [/RATE_LIMIT|TOO_MANY_REQUESTS|THROTTL/, 'rate-limiting'],
  [/AUTHENTICATION|UNAUTHORI[SZ]ED|FORBIDDEN|CREDENTIAL|TOKEN_EXPIRED/, 'authentication'],
  [/TIME_?OUT|TIMED_OUT|DEADLINE/, 'timeouts'],
  [/^(INTERRUPTED|ADAPTER_ERROR|NOT_SENT|NOT_REPLAYABLE|SYNC_UNDER_WAY)$/, 'ours'],
];
const BY_STATUS: Record<number, FailureCause> = {
  401: 'authentication',
  403: 'authentication',
  408: 'timeouts',
  429: 'rate-limiting',
  504: 'timeouts',
};

export function causeOf({ errorCode, statusCode }: Pick<SettledSync, 'errorCode' | 'statusCode'>): FailureCause {
  const byCode = BY_CODE.find(([words]) => words.test(errorCode?.toUpperCase() ?? ''));
  if (byCode) return byCode[1];
  const byStatus = BY_STATUS[statusCode ?? 0];
  if (byStatus) return byStatus;
  return statusCode !== null && statusCode >= 400 && statusCode < 500 ? 'refusal' : 'other';
}

export function isNamed(cause: FailureCause | null): cause is NamedCause {
  return (NAMED_CAUSES as readonly (string | null)[]).includes(cause);
}
