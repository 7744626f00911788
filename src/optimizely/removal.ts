import { isJsonObject, type Json } from '#json';
import { PlatformError, type PlatformFailure, type SyncAnswerItem } from '#platform';
import { KINDS, type SentItem } from './manifest.ts';
import type { ApiAnswer } from './optimizely-connection.ts';

/** Deletes one item; throws what kept it from being deleted. */
type Remove = (item: SentItem) => Promise<ApiAnswer>;

/** Calls without an answer after which the rest of the items wait for the next attempt. */
const MAX_UNANSWERED = 2;
/** What concerns all items alike. */
const OF_ALL = new Set(['AUTHENTICATION_FAILED', 'RATE_LIMITED']);

/**
 * Deletes items one by one: first what may refer to the others. The failure of an item stops none of the others. The answer
 * begins with the items that were `refused` before; what may be tried again is thrown, with all that are settled.
 */
export async function removeEach(
  items: SentItem[],
  refused: SyncAnswerItem[],
  remove: Remove,
): Promise<SyncAnswerItem[]> {
  const settled = [...refused];
  const open: PlatformError[] = [];
  for (const item of items.toSorted((a, b) => KINDS.indexOf(b.kind) - KINDS.indexOf(a.kind))) {
    try {
      settled.push(removed(item, await remove(item)));
    } catch (error) {
      if (!(error instanceof PlatformError)) {
        // Nothing may leave any more. What has left is told all the same.
        if (settled.length + open.length === refused.length) throw error;
        throw notSent(error, settled, open);
      }
      if (error.retryable === true || OF_ALL.has(error.code)) open.push(error);
      else settled.push(failed(item, error));
      const unanswered = open.filter(({ statusCode }) => statusCode === undefined);
      if (OF_ALL.has(error.code) || unanswered.length >= MAX_UNANSWERED) break;
    }
  }
  if (open.length > 0) throw again(open, settled);
  return settled;
}

function removed({ typeKey, kind }: SentItem, answer: ApiAnswer): SyncAnswerItem {
  return { typeKey, kind, status: 'SUCCESS', ...exchanged(answer), metadata: { calls: answer.calls } };
}

/** What is not there any more is removed, if the API itself says so. */
function failed({ typeKey, kind }: SentItem, error: PlatformError): SyncAnswerItem {
  const { code, message, outcome, metadata } = error;
  const own = { typeKey, kind, ...exchanged(error), ...(metadata && { metadata }) };
  if (code === 'NOT_FOUND' && isProblem(error.body)) return { ...own, status: 'SUCCESS' };
  return { ...own, status: 'FAILED', outcome: code === 'NOT_FOUND' ? 'UNKNOWN' : outcome, error: { code, message } };
}

/** A proxy on the way, or another server, says 404 as well. */
function isProblem(body: Json | undefined): boolean {
  return isJsonObject(body) && body['status'] === 404;
}

function exchanged({ statusCode, requestId, body }: Pick<PlatformFailure, 'statusCode' | 'requestId' | 'body'>) {
  return { statusCode, ...(requestId && { requestId }), ...(body !== undefined && { body }) };
}

/** The failure of those that are tried again, as one. */
function again(open: PlatformError[], settled: SyncAnswerItem[]): PlatformError {
  const [first] = open as [PlatformError];
  const retryAfterMs = Math.max(...open.map((error) => error.retryAfterMs ?? 0)) || undefined;
  return new PlatformError({ ...first, message: first.message, outcome: outcomeOf(open), retryAfterMs, settled });
}

function notSent(cause: unknown, settled: SyncAnswerItem[], open: PlatformError[]): PlatformError {
  const message = `It was not sent any more: ${cause instanceof Error ? cause.message : String(cause)}`;
  const failure = { code: 'NOT_SENT', message, retryable: false, outcome: outcomeOf(open), settled };
  return new PlatformError(failure, { cause });
}

function outcomeOf(open: PlatformError[]): 'NOT_APPLIED' | 'UNKNOWN' {
  return open.some(({ outcome }) => outcome === 'UNKNOWN') ? 'UNKNOWN' : 'NOT_APPLIED';
}
