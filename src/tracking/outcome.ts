import type { Json } from '#json';
import {
  type ItemRef,
  itemRef,
  PlatformError,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncFailure,
} from '#platform';
import { type Observation, OUTCOME_OF, type RecordedSync, type SyncResult } from '#recording';
import { refKey } from '#versioning';
import { DomainError } from '../domain-error.ts';
import type { Verdict } from './read-back.ts';

/** The result of a sync that is known by its id. */
export type IdentifiedResult = SyncResult & { id: string; typeKey: string };

/** What all syncs of a call have in common. */
export type SharedResult = Omit<SyncResult, 'status'>;

/** An item that a failed attempt has settled while it leaves others to the next one. */
export interface SettledItem {
  item: SyncAnswerItem;
  /** Attempts before that one. */
  retryCount: number;
  /** One of them may have been applied. */
  wasInDoubt: boolean;
}

/** What a pull has learned beside the answer: the version of each item, and what it saw of it, by `refKey`. */
export interface Pulled {
  versions: Map<string, string>;
  observations: Map<string, Observation>;
}

/** The result of each sync of a push, from the answer of the platform. */
export function pushResults(syncs: RecordedSync[], answer: SyncAnswer, shared: SharedResult): IdentifiedResult[] {
  const answers = byRef(answer);
  return syncs.map((sync) => {
    return pushResult(sync, answers.get(refKey(sync)) ?? notAnswered(sync), { ...shared, response: answer.body });
  });
}

/** The result of each sync that a failed attempt has settled. */
export function settledResults(
  syncs: RecordedSync[],
  settled: Map<string, SettledItem>,
  shared: SharedResult,
): IdentifiedResult[] {
  return syncs.flatMap((sync) => {
    const known = settled.get(sync.id);
    if (!known) return [];
    const { item, retryCount, wasInDoubt } = known;
    return [doubted(pushResult(sync, item, { ...shared, retryCount }), wasInDoubt)];
  });
}

/** A refusal says nothing of an earlier attempt, which may have been applied. */
export function doubted(result: IdentifiedResult, isInDoubt: boolean): IdentifiedResult {
  return isInDoubt && result.outcome === 'NOT_APPLIED' ? { ...result, outcome: 'UNKNOWN', evidence: null } : result;
}

/**
 * The result of each sync of a pull of certain items. A caller who asks for what is not there has failed to get it; a
 * read-back has its answer.
 */
export function pullResults(
  syncs: RecordedSync[],
  answer: SyncAnswer,
  shared: SharedResult,
  pulled: Pulled,
  isReadBack = false,
): IdentifiedResult[] {
  const answers = byRef(answer);
  return syncs.map((sync) => {
    const item = answers.get(refKey(sync)) ?? notAnswered(sync);
    const result = pullResult(sync, item, shared, pulled, item.data ?? answer.body);
    return isReadBack && isGone(item) ? asSeen(result) : result;
  });
}

/** The result of each sync that a pull of everything has made, in the order of the items; that one is gone is seen as well. */
export function receivedResults(
  syncs: RecordedSync[],
  items: SyncAnswerItem[],
  shared: SharedResult,
  pulled: Pulled,
): IdentifiedResult[] {
  return items.map((item, index) => {
    const result = pullResult(syncs[index]!, item, shared, pulled, item.data);
    return isGone(item) ? asSeen(result) : result;
  });
}

/** The result of the sync that asked for everything: it keeps the whole answer. */
export function wholeResult(everything: RecordedSync, answer: SyncAnswer, shared: SharedResult): IdentifiedResult {
  const { id, typeKey } = everything;
  return { ...shared, ...summary(answer.items), outcome: null, id, typeKey, response: answer.body };
}

/** The result of each sync of a call that failed as a whole, and has had no effect as far as its failure says. */
export function failedResults(syncs: RecordedSync[], error: unknown, shared: SharedResult): IdentifiedResult[] {
  const known = error instanceof PlatformError ? error : undefined;
  return syncs.map(({ id, typeKey }) => ({
    outcome: 'NOT_APPLIED',
    // What was never asked proves nothing: it has nothing to prove.
    evidence: known?.statusCode === undefined ? null : 'ANSWERED',
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

/** A result that was in doubt, with what the platform showed when it was read back. */
export function judged(result: IdentifiedResult, { outcome, held, readBackCallId }: Verdict): IdentifiedResult {
  const resolution = readBackCallId ? { resolvedBy: 'read-back' as const, readBackCallId, held } : undefined;
  const shown = { ...result, outcome, evidence: outcome === 'UNKNOWN' ? null : ('OBSERVED' as const), resolution };
  if (outcome === 'APPLIED') return { ...shown, status: 'SUCCESS', error: undefined };
  const { code, message } = result.error ?? { code: 'NO_ANSWER', message: 'The answer does not prove the outcome.' };
  return { ...shown, status: 'FAILED', error: { code, message: `${ended(message)} ${sentenceOf(outcome, held)}` } };
}

/** The result of a sync that a newer push of its item has overtaken. */
export function supersededResult(
  { id, typeKey }: RecordedSync,
  overtakenBy: string,
  isInDoubt: boolean,
  shared: SharedResult,
): IdentifiedResult {
  const before = isInDoubt ? ' An earlier attempt may have been applied before that push.' : ' Nothing was sent.';
  const message = `A newer push of the same content type has overtaken this one (sync ${overtakenBy}).${before}`;
  const outcome = isInDoubt ? ('UNKNOWN' as const) : ('NOT_APPLIED' as const);
  return { ...shared, id, typeKey, status: 'FAILED', outcome, evidence: null, error: { code: 'SUPERSEDED', message } };
}

/** The items of an answer, with what is known of each sync by now. */
export function answerWith(answer: SyncAnswer, syncs: RecordedSync[], results: IdentifiedResult[]): SyncAnswer {
  const answers = byRef(answer);
  const byId = new Map(results.map((result) => [result.id, result]));
  const items = syncs.map(({ id, kind, typeKey }): SyncAnswerItem => {
    const { status, error, outcome } = byId.get(id)!;
    return { ...answers.get(refKey({ kind, typeKey })), typeKey, kind, status, error, outcome: outcome ?? undefined };
  });
  return { ...answer, items };
}

/** The failure that anything thrown stands for. */
export function failureOf(error: unknown): SyncFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof DomainError ? error.code : 'ADAPTER_ERROR', message };
}

function sentenceOf(outcome: Verdict['outcome'], held: string | null | undefined): string {
  if (outcome === 'NOT_APPLIED')
    return 'It was not applied: the platform was read back, and holds what it held before.';
  if (held === undefined) return 'It may have been applied: the platform could not be read back. Pull to find out.';
  return 'It may have been applied: the platform was read back, and what it holds does not prove it.';
}

/** A message as the first of two sentences. */
function ended(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`;
}

function byRef({ items }: SyncAnswer): Map<string, SyncAnswerItem> {
  return new Map(items.map((item) => [refKey(itemRef(item)), item]));
}

function pushResult({ id, typeKey }: RecordedSync, item: SyncAnswerItem, shared: SharedResult): IdentifiedResult {
  const { status, error, outcome = OUTCOME_OF[status], ...own } = item;
  return {
    ...{ ...shared, id, typeKey, status, error, outcome },
    evidence: outcome === 'UNKNOWN' ? null : 'ANSWERED',
    statusCode: own.statusCode ?? shared.statusCode,
    requestId: own.requestId ?? shared.requestId,
    response: own.body ?? shared.response,
    ...(own.metadata && { metadata: { ...shared.metadata, ...own.metadata } }),
  };
}

function pullResult(
  { id, typeKey }: RecordedSync,
  item: SyncAnswerItem,
  shared: SharedResult,
  { versions, observations }: Pulled,
  response: Json | undefined,
): IdentifiedResult {
  const key = refKey(itemRef(item));
  const { status, error } = item;
  const isSeen = status === 'SUCCESS' || isGone(item);
  return {
    ...{ ...shared, id, typeKey, status, error, outcome: null, response },
    observation: { ...observations.get(key), ...(isGone(item) && { absent: true as const }) },
    evidence: isSeen ? ('OBSERVED' as const) : null,
    versionHash: versions.get(key),
    ...lastChange(item),
  };
}

/** The platform says that it does not have the item. */
function isGone({ status, error }: SyncAnswerItem): boolean {
  return status === 'FAILED' && error?.code === 'NOT_FOUND';
}

/** The same result, of one who wanted to know whether it is there. */
function asSeen(result: IdentifiedResult): IdentifiedResult {
  return { ...result, status: 'SUCCESS', error: undefined };
}

/** An adapter of others may not have been compiled against ours. */
function lastChange({ changedBy, changedAt }: SyncAnswerItem): Pick<SyncResult, 'changedBy' | 'changedAt'> {
  return {
    ...(typeof changedBy === 'string' && { changedBy }),
    ...(typeof changedAt === 'string' && { changedAt }),
  };
}

function notAnswered({ typeKey, kind }: ItemRef): SyncAnswerItem {
  const message = `The answer of the platform does not name the ${kind} "${typeKey}".`;
  return { typeKey, kind, status: 'FAILED', outcome: 'UNKNOWN', error: { code: 'NO_ANSWER', message } };
}

function summary(items: SyncAnswerItem[]): Pick<SyncResult, 'status' | 'error'> {
  const failed = items.filter((item) => item.status !== 'SUCCESS').length;
  if (failed === 0) return { status: 'SUCCESS' };
  const error = { code: 'ITEMS_FAILED', message: `${failed} of ${items.length} types failed; each has its own sync.` };
  return { status: failed < items.length ? 'PARTIAL' : 'FAILED', error };
}
