import { isJsonObject } from '#json';
import { OUTCOMES, PlatformError, type SyncAnswer } from '#platform';

/** What an adapter answered, if it is an answer at all: an adapter of others may not have been compiled against ours. */
export function checkedAnswer(answer: unknown, platform: string): SyncAnswer {
  if (isAnswer(answer)) return answer;
  throw new PlatformError({
    code: 'INVALID_ANSWER',
    retryable: 'unknown',
    message: `The adapter of "${platform}" did not answer with items that have a typeKey and one of the status ${OUTCOMES.join(', ')}: what became of the call is not known.`,
  });
}

function isAnswer(answer: unknown): answer is SyncAnswer {
  if (!isJsonObject(answer) || !Array.isArray(answer.items)) return false;
  return answer.items.every(
    (item) =>
      isJsonObject(item) && typeof item.typeKey === 'string' && OUTCOMES.some((outcome) => outcome === item.status),
  );
}
