import type { SyncAnswerItem, SyncFailure } from '#platform';
import { isJsonObject, type Json, type JsonObject } from '#snapshot';
import { KINDS, SECTION_OF_KIND, type OptimizelyKind } from './manifest.ts';
import { FORCE_HINT, isDataLossRefusal } from './optimizely.errors.ts';

const MAX_QUOTED = 5;

/** One thing that a manifest carried. */
export interface SentItem {
  typeKey: string;
  kind: OptimizelyKind;
}

/** What the service says it did, or refused; `section` and `resource` are its own words. */
interface Message {
  section?: OptimizelyKind;
  resource?: string;
  message: string;
}

/** Whether a body is the result of a manifest import at all. */
export function isManifestResult(body: Json | undefined): body is JsonObject {
  if (!isJsonObject(body)) return false;
  const lists = [body['outcomes'], body['errors']].filter((list) => (list ?? undefined) !== undefined);
  return lists.length > 0 && lists.every(Array.isArray);
}

/**
 * What came of each item of a manifest import. An HTTP 200 proves nothing: an item is a success when an outcome
 * names it, or when the answer lists errors and has none; one that an error names, or that stands in a section with an
 * error nobody is named by, is not.
 */
export function readManifestAnswer(items: SentItem[], body: JsonObject): SyncAnswerItem[] {
  const errors = messagesIn(body['errors']);
  const clean = Array.isArray(body['errors']) && errors.length === 0;
  const applied = new Set(messagesIn(body['outcomes']).flatMap((outcome) => namedBy(outcome, items)));
  const errorsWithNames = errors.map((error) => ({ error, named: namedBy(error, items) }));
  return items.map((item) => {
    const { typeKey, kind } = item;
    const refusals = errorsWithNames.filter(({ error, named }) =>
      named.length > 0 ? named.includes(item) : isAbout(kind, error),
    );
    if (refusals.length > 0) {
      const status = applied.has(item) ? 'PARTIAL' : 'FAILED';
      return { typeKey, kind, status, error: refused(refusals.map(({ error }) => error)) };
    }
    if (applied.has(item) || clean) return { typeKey, kind, status: 'SUCCESS' };
    return { typeKey, kind, status: 'FAILED', error: notProven(kind, errors) };
  });
}

function messagesIn(list: Json | undefined): Message[] {
  return (Array.isArray(list) ? list : []).map((entry) => {
    if (!isJsonObject(entry)) return { message: typeof entry === 'string' ? entry : JSON.stringify(entry) };
    const { section, resource, message } = entry;
    return {
      section: typeof section === 'string' ? kindOf(section) : undefined,
      resource: typeof resource === 'string' && resource !== '' ? resource : undefined,
      message: typeof message === 'string' ? message : JSON.stringify(entry),
    };
  });
}

/** The casing and number of section names is not promised: `contentTypes`, `ContentType`, `content-types`. */
function kindOf(section: string): OptimizelyKind | undefined {
  return KINDS.find((kind) => plain(kind) === plain(section));
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/s$/, '');

/** Whom it names by key; without a section the key must be that of one item only. */
function namedBy({ section, resource }: Message, items: SentItem[]): SentItem[] {
  const withKey = items.filter(({ typeKey }) => typeKey === resource);
  if (section) return withKey.filter(({ kind }) => kind === section);
  return withKey.length === 1 ? withKey : [];
}

/** A message that names none of ours is about its whole section, or about everything. */
const isAbout = (kind: OptimizelyKind, { section }: Message) => section === undefined || section === kind;

function refused(refusals: Message[]): SyncFailure {
  const message = quoted(refusals);
  return isDataLossRefusal(message)
    ? { code: 'DATA_LOSS_REFUSED', message: `${message} ${FORCE_HINT}` }
    : { code: 'REFUSED', message };
}

/** The service takes a section as a whole or not at all, as far as is known. */
function notProven(kind: OptimizelyKind, errors: Message[]): SyncFailure {
  const own = errors.filter((error) => isAbout(kind, error));
  return own.length > 0
    ? {
        code: 'NOT_APPLIED',
        message: `Not applied, because others among the ${SECTION_OF_KIND[kind]} were refused: ${quoted(own)} Correct or leave out those and push again.`,
      }
    : {
        code: 'UNPROVEN',
        message: 'The answer does not say that this was applied: pull to see, or push again.',
      };
}

function quoted(messages: Message[]): string {
  const shown = messages.slice(0, MAX_QUOTED).map(({ resource, message }) => {
    const text = /[.!?]$/.test(message.trim()) ? message.trim() : `${message.trim()}.`;
    return resource && !message.includes(resource) ? `"${resource}": ${text}` : text;
  });
  const more = messages.length - shown.length;
  return `${shown.join(' ')}${more > 0 ? ` And ${more} more.` : ''}`;
}
