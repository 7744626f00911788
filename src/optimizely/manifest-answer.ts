import { isJsonObject, type Json, type JsonObject } from '#json';
import type { SyncAnswerItem, SyncFailure } from '#platform';
import { ItemMessages } from './item-messages.ts';
import { kindOfSection, type OptimizelyKind, type SentItem } from './manifest.ts';
import { FORCE_HINT, isDataLossRefusal } from './optimizely.errors.ts';
import { RefusedItems } from './refused-items.ts';

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
  const namedBy = namesOf(items);
  const applied = new Set(messagesIn(body['outcomes']).flatMap(namedBy));
  const own = new Map(items.map((item) => [item, new ItemMessages()]));
  // A message that names none of ours is about its whole section, or about everything.
  const nobodys = new MessagesByKind();
  const refusedOf = new Map<OptimizelyKind, RefusedItems>();
  for (const [at, error] of errors.entries()) {
    const named = namedBy(error);
    const text = withResource(error);
    if (named.length === 0) nobodys.add(error.section, at, text);
    for (const item of named) {
      own.get(item)!.add(at, text);
      const refused = refusedOf.get(item.kind) ?? new RefusedItems();
      refusedOf.set(item.kind, refused.add(item, at, text));
    }
  }
  return items.map((item) => {
    const { typeKey, kind } = item;
    const refusals = own.get(item)!.with(nobodys.about(kind));
    if (refusals.count > 0) {
      const error = refused(refusals);
      if (applied.has(item)) return { typeKey, kind, status: 'PARTIAL', outcome: 'PARTLY_APPLIED', error };
      // An error that names nobody does not prove that the item was refused.
      const outcome = own.get(item)!.count > 0 ? 'NOT_APPLIED' : 'UNKNOWN';
      return { typeKey, kind, status: 'FAILED', outcome, error };
    }
    if (applied.has(item) || clean) return { typeKey, kind, status: 'SUCCESS' };
    // The service takes a section as a whole or not at all, as far as is known.
    const error = refusedOf.get(kind)?.neighbours();
    if (error) return { typeKey, kind, status: 'FAILED', outcome: 'NOT_APPLIED', error };
    return { typeKey, kind, status: 'FAILED', outcome: 'UNKNOWN', error: UNPROVEN };
  });
}

/** Messages by what they are about: one kind, or everything. */
class MessagesByKind {
  private readonly told = new Map<OptimizelyKind | undefined, ItemMessages>();

  add(section: OptimizelyKind | undefined, at: number, message: string): void {
    const told = this.told.get(section) ?? new ItemMessages();
    this.told.set(section, told);
    told.add(at, message);
  }

  about(kind: OptimizelyKind): ItemMessages {
    return this.of(kind).with(this.of(undefined));
  }

  private of(section: OptimizelyKind | undefined): ItemMessages {
    return this.told.get(section) ?? new ItemMessages();
  }
}

function messagesIn(list: Json | undefined): Message[] {
  return (Array.isArray(list) ? list : []).map((entry) => {
    if (!isJsonObject(entry)) return { message: typeof entry === 'string' ? entry : JSON.stringify(entry) };
    const { section, resource, message } = entry;
    return {
      section: typeof section === 'string' ? kindOfSection(section) : undefined,
      resource: typeof resource === 'string' && resource !== '' ? resource : undefined,
      message: typeof message === 'string' ? message : JSON.stringify(entry),
    };
  });
}

const withResource = ({ resource, message }: Message) =>
  resource && !message.includes(resource) ? `"${resource}": ${message}` : message;

/** Finds whom a message names by key; without a section the key must be that of one item only. */
function namesOf(items: SentItem[]): (message: Message) => SentItem[] {
  const byKey = Map.groupBy(items, ({ typeKey }) => typeKey);
  return ({ section, resource = '' }) => {
    const withKey = byKey.get(resource) ?? [];
    if (section) return withKey.filter(({ kind }) => kind === section);
    return withKey.length === 1 ? withKey : [];
  };
}

function refused({ quoted }: ItemMessages): SyncFailure {
  return isDataLossRefusal(quoted)
    ? { code: 'DATA_LOSS_REFUSED', message: `${quoted} ${FORCE_HINT}` }
    : { code: 'REFUSED', message: quoted };
}

const UNPROVEN: SyncFailure = {
  code: 'UNPROVEN',
  message: 'The answer does not say that this was applied: pull to see, or push again.',
};
