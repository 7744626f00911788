import { isJsonObject } from '#json';
import { FINAL_STATUSES, itemRef, PlatformError, type SyncAnswer, type SyncAnswerItem } from '#platform';
import { textProblem } from '#validation';
import { refKey } from '#versioning';
import { quoted } from '../quoted.ts';
import { storableText } from '../storable-text.ts';

const MAX_KEY = 255;
const MAX_KIND = 100;

/** What an adapter answered, if it is an answer at all: an adapter of others may not have been compiled against ours. */
export function checkedAnswer(answer: unknown, platform: string): SyncAnswer {
  if (isAnswer(answer)) return answer;
  throw new PlatformError({
    code: 'INVALID_ANSWER',
    retryable: 'unknown',
    message: `The adapter of "${platform}" did not answer with items that have a typeKey and one of the status ${FINAL_STATUSES.join(', ')}: what became of the call is not known.`,
  });
}

/**
 * The items of a pull of everything, each once. One that the platform gives twice, or whose key cannot be kept, has failed;
 * the others are as good as before.
 */
export function receivedOnce(items: SyncAnswerItem[]): SyncAnswerItem[] {
  const byKey = Map.groupBy(items.map(withGoodKey), (item) => refKey(itemRef(item)));
  return [...byKey.values()].map(([item, ...others]) => (others.length === 0 ? item! : twice(item!)));
}

/** Whether it says what became of an item. */
export function isAnswerItem(item: unknown): item is SyncAnswerItem {
  return (
    isJsonObject(item) && typeof item.typeKey === 'string' && FINAL_STATUSES.some((status) => status === item.status)
  );
}

function isAnswer(answer: unknown): answer is SyncAnswer {
  if (!isJsonObject(answer) || !Array.isArray(answer.items)) return false;
  return answer.items.every(isAnswerItem);
}

function withGoodKey(item: SyncAnswerItem): SyncAnswerItem {
  const { typeKey, kind } = itemRef(item);
  const problem = textProblem(typeKey, MAX_KEY) ?? textProblem(kind, MAX_KIND);
  if (!problem) return item;
  const message = `The platform gave the item ${quoted(typeKey)}, whose key or kind ${problem}. Its content is not kept.`;
  return {
    typeKey: storableText(typeKey, MAX_KEY) || '(empty)',
    kind: storableText(kind, MAX_KIND) || '(empty)',
    status: 'FAILED',
    error: { code: 'INVALID_KEY', message },
  };
}

function twice({ typeKey, kind }: SyncAnswerItem): SyncAnswerItem {
  const message = `The platform gave the item ${quoted(typeKey)} more than once, so its content is not known.`;
  return { typeKey, kind, status: 'FAILED', error: { code: 'DUPLICATE_KEY', message } };
}
