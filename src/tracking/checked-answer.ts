import { isJsonObject } from '#json';
import { FINAL_STATUSES, PlatformError, type SyncAnswer } from '#platform';

/** What an adapter answered, if it is an answer at all: an adapter of others may not have been compiled against ours. */
export function checkedAnswer(answer: unknown, platform: string): SyncAnswer {
  if (isAnswer(answer)) return answer;
  throw new PlatformError({
    code: 'INVALID_ANSWER',
    retryable: 'unknown',
    message: `The adapter of "${platform}" did not answer with items that have a typeKey and one of the status ${FINAL_STATUSES.join(', ')}: what became of the call is not known.`,
  });
}

function isAnswer(answer: unknown): answer is SyncAnswer {
  if (!isJsonObject(answer) || !Array.isArray(answer.items)) return false;
  return answer.items.every(
    (item) =>
      isJsonObject(item) && typeof item.typeKey === 'string' && FINAL_STATUSES.some((status) => status === item.status),
  );
}
