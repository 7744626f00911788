import type { Json } from '#json';
import {
  DEFAULT_KIND,
  type ItemRef,
  PlatformError,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncFailure,
} from '#platform';
import type { RecordedSync, SyncResult } from '#recording';
import { refKey } from '#versioning';
import { DomainError } from '../domain-error.ts';

/** The result of a sync that is known by its id. */
export type IdentifiedResult = SyncResult & { id: string; typeKey: string };

/** What all syncs of a call have in common. */
export type SharedResult = Omit<SyncResult, 'status'>;

/** The result of each sync of a call, from the answer of the platform; `versions` are those of what was pulled. */
export function itemResults(
  syncs: RecordedSync[],
  answer: SyncAnswer,
  shared: SharedResult,
  versions?: Map<string, string>,
): IdentifiedResult[] {
  const answers = new Map(answer.items.map((item) => [refKey(withKind(item)), item]));
  return syncs.map((sync) => {
    const item = answers.get(refKey(sync)) ?? notAnswered(sync);
    return resultOf(sync, item, shared, versions, item.data ?? answer.body);
  });
}

/** The result of each sync that a pull of everything has made, in the order of the answer's items. */
export function receivedResults(
  syncs: RecordedSync[],
  { items }: SyncAnswer,
  shared: SharedResult,
  versions: Map<string, string>,
): IdentifiedResult[] {
  return items.map((item, index) => resultOf(syncs[index]!, item, shared, versions, item.data));
}

/** The result of the sync that asked for everything: it keeps the whole answer. */
export function wholeResult(everything: RecordedSync, answer: SyncAnswer, shared: SharedResult): IdentifiedResult {
  const { id, typeKey } = everything;
  return { ...shared, ...summary(answer.items), id, typeKey, response: answer.body };
}

/** The result of each sync of a call that failed as a whole. */
export function failedResults(syncs: RecordedSync[], error: unknown, shared: SharedResult): IdentifiedResult[] {
  const known = error instanceof PlatformError ? error : undefined;
  return syncs.map(({ id, typeKey }) => ({
    ...shared,
    id,
    typeKey,
    status: 'FAILED',
    error: failureOf(error),
    statusCode: known?.statusCode,
    requestId: known?.requestId,
    response: known?.body,
    metadata: { ...shared.metadata, ...known?.metadata },
  }));
}

/** The failure that anything thrown stands for. */
export function failureOf(error: unknown): SyncFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof DomainError ? error.code : 'ADAPTER_ERROR', message };
}

/** The same item, with the kind that it has by default. */
export function withKind({ typeKey, kind = DEFAULT_KIND }: { typeKey: string; kind?: string }): ItemRef {
  return { typeKey, kind };
}

function resultOf(
  { id, typeKey }: RecordedSync,
  item: SyncAnswerItem,
  shared: SharedResult,
  versions: Map<string, string> | undefined,
  response: Json | undefined,
): IdentifiedResult {
  const { status, error } = item;
  const versionHash = versions?.get(refKey(withKind(item)));
  return { ...shared, id, typeKey, status, error, versionHash, response, ...lastChange(item) };
}

/** An adapter of others may not have been compiled against ours. */
function lastChange({ changedBy, changedAt }: SyncAnswerItem): Pick<SyncResult, 'changedBy' | 'changedAt'> {
  return {
    ...(typeof changedBy === 'string' && { changedBy }),
    ...(typeof changedAt === 'string' && { changedAt }),
  };
}

function notAnswered({ typeKey, kind }: RecordedSync): SyncAnswerItem {
  const message = `The answer of the platform does not tell what became of the ${kind} "${typeKey}".`;
  return { typeKey, kind, status: 'FAILED', error: { code: 'NO_ANSWER', message } };
}

function summary(items: SyncAnswerItem[]): Pick<SyncResult, 'status' | 'error'> {
  const failed = items.filter((item) => item.status !== 'SUCCESS').length;
  if (failed === 0) return { status: 'SUCCESS' };
  const error = { code: 'ITEMS_FAILED', message: `${failed} of ${items.length} types failed; each has its own sync.` };
  return { status: failed < items.length ? 'PARTIAL' : 'FAILED', error };
}
