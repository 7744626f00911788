import { isJsonObject, type Json, type JsonObject } from '#json';
import { PlatformError, type PlatformFailure } from '#platform';
import { fieldErrors } from './field-errors.ts';
import type { HttpAnswer, HttpFailure } from './http-exchange.ts';
import { retryAfterMs } from './retry-after.ts';

const MAX_DETAIL_CHARACTERS = 2_000;
const MAX_FIELD_ERRORS = 10;

/** What a request changes: nothing, the same however often it is sent, or something each time. */
export type Effect = 'none' | 'repeatable' | 'once';

/** What was asked when something went wrong. */
export interface Asked {
  environment: string;
  method: string;
  path: string;
  effect: Effect;
  calls: JsonObject[];
}

/** Refused because it would lose data; the service does not promise the wording. */
export const isDataLossRefusal = (message: string) =>
  /ignoreDataLossWarnings|data loss|considered breaking/i.test(message);

export const CORRECT_HINT = 'Correct the content and push again.';

export const FORCE_HINT = 'To apply it and lose that data, repeat it with force and a reason.';

const IN_USE_HINT = 'Delete the content that uses it first, also from the trash, and try again.';

const NOT_APPLIED = { outcome: 'NOT_APPLIED' } as const;
const isRedirect = (status: number) => status >= 300 && status < 400;

type Verdict = Pick<PlatformFailure, 'code' | 'retryable'> & { wayOut: string };

/** A status that is no success, as a {@link PlatformError}. */
export function refusal(answer: HttpAnswer, asked: Asked): PlatformError {
  const detail = detailOf(answer);
  const { code, retryable, wayOut } = verdictOf(answer.status, detail, asked);
  const retryAfter = retryAfterMs(answer.headers.get('retry-after'));
  return new PlatformError({
    ...recorded(answer, asked),
    code,
    retryable,
    ...(asked.effect === 'none' || isRedirect(answer.status) ? NOT_APPLIED : {}),
    message: `${request(asked)} was answered ${answer.status}${detail && ` (${detail})`}. ${wayOut}`,
    ...(retryable !== false && retryAfter !== undefined && { retryAfterMs: retryAfter }),
  });
}

/** A 2xx answer that proves nothing, as a {@link PlatformError}. */
export function unproven(answer: HttpAnswer, asked: Asked, problem?: string): PlatformError {
  const wayOut = asked.effect === 'none' ? 'Check the address.' : 'It may have been applied.';
  const [code, found] =
    answer.status === 202
      ? ['ACCEPTED_UNPROVEN', 'it was accepted for later, and a 202 proves no success']
      : problem || answer.unreadable
        ? ['INVALID_ANSWER', problem ?? answer.unreadable]
        : ['EMPTY_ANSWER', 'the body is empty'];
  return new PlatformError({
    ...recorded(answer, asked),
    code,
    ...(asked.effect === 'none' && NOT_APPLIED),
    retryable: asked.effect === 'none' || answer.status === 202 ? false : 'unknown',
    message: `The ${answer.status} answer to ${request(asked)} cannot be used: ${found}. ${wayOut}`,
  });
}

/** An exchange that broke off, as a {@link PlatformError}. */
export function brokenOff(failure: HttpFailure, asked: Asked): PlatformError {
  const mayRepeat = asked.effect !== 'once' || failure.neverSent;
  const hadNoEffect = asked.effect === 'none' || failure.neverSent;
  return new PlatformError({
    code: failure.code,
    retryable: failure.code === 'ANSWER_TOO_LARGE' ? false : mayRepeat || 'unknown',
    ...(hadNoEffect && NOT_APPLIED),
    message: `${request(asked)}: ${failure.message}. ${hadNoEffect ? 'Check the address and the network, and try again.' : 'It may have been applied.'}`,
    metadata: { calls: asked.calls },
  });
}

function verdictOf(status: number, detail: string, { environment, method, effect }: Asked): Verdict {
  const ifRepeatable = effect === 'once' ? 'unknown' : true;
  if (isRedirect(status))
    return no('REDIRECT_REFUSED', 'Redirects are not followed. Set the API URL to the final address.');
  if (isDataLossRefusal(detail)) return no('DATA_LOSS_REFUSED', FORCE_HINT);
  switch (status) {
    case 401:
      return no(
        'AUTHENTICATION_FAILED',
        `A fresh token was refused too. Check the API key of the environment "${environment}".`,
      );
    case 403:
      return no('FORBIDDEN', `The API key of the environment "${environment}" lacks access. Grant it.`);
    case 404:
      return no('NOT_FOUND', 'Check the key and the API URL.');
    case 408:
      return { code: 'TIMEOUT', retryable: ifRepeatable, wayOut: 'Try again.' };
    case 409:
      return no('CONFLICT', method === 'DELETE' ? IN_USE_HINT : 'Resolve the conflict, and send it again.');
    case 412:
      return no('PRECONDITION_FAILED', 'It has changed in the meantime. Pull, compare and push again.');
    case 429:
      return { code: 'RATE_LIMITED', retryable: true, wayOut: 'Try again later.' };
  }
  if (status < 500) return no('INVALID_REQUEST', CORRECT_HINT);
  if (status < 502)
    return no('PLATFORM_ERROR', 'The CMS gives this answer to content that it cannot process. Check the last changes.');
  return { code: 'UNAVAILABLE', retryable: ifRepeatable, wayOut: 'Try again later.' };
}

const no = (code: string, wayOut: string): Verdict => ({ code, retryable: false, wayOut });

/** What a problem document says: its code, detail and the fields at fault. */
function detailOf({ json }: HttpAnswer): string {
  if (!isJsonObject(json)) return '';
  const fields = Iterator.from(fieldErrors(json['errors']))
    .take(MAX_FIELD_ERRORS)
    .map(({ field, detail }) => (field === '' ? detail : `${field}: ${detail}`));
  const named = [json['code'] ?? json['error'], json['detail'] ?? json['error_description'] ?? json['title']];
  return [...named.filter(isText), ...fields].join('; ').slice(0, MAX_DETAIL_CHARACTERS);
}

const isText = (value: Json | undefined): value is string => typeof value === 'string' && value !== '';

function recorded(
  answer: HttpAnswer,
  asked: Asked,
): Pick<PlatformFailure, 'statusCode' | 'requestId' | 'body' | 'metadata'> {
  const body = recordedBody(answer);
  return {
    statusCode: answer.status,
    ...(answer.requestId && { requestId: answer.requestId }),
    ...(body !== undefined && { body }),
    metadata: { calls: asked.calls },
  };
}

/** The body as it is kept: its JSON, or `{ text }` of what is none. */
export const recordedBody = ({ json, text }: HttpAnswer): Json | undefined =>
  json ?? (text === undefined ? json : { text });

const request = ({ environment, method, path }: Asked) => `${method} ${path} (Optimizely "${environment}")`;
