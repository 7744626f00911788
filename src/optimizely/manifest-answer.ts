import { isJsonObject, type Json, type JsonObject } from '#json';
import type { SyncAnswerItem, SyncFailure } from '#platform';
import { KINDS, type OptimizelyKind, SECTION_OF_KIND } from './manifest.ts';
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
  const namedBy = namesOf(items);
  const applied = new Set(messagesIn(body['outcomes']).flatMap(namedBy));
  const own = new Map(items.map((item) => [item, new ItemMessages()]));
  // A message that names none of ours is about its whole section, or about everything.
  const nobodys = new MessagesByKind();
  const all = new MessagesByKind();
  for (const [at, error] of errors.entries()) {
    const named = namedBy(error);
    for (const item of named) own.get(item)!.add(at, error);
    if (named.length === 0) nobodys.add(at, error);
    all.add(at, error);
  }
  return items.map((item) => {
    const { typeKey, kind } = item;
    const refusals = own.get(item)!.with(nobodys.about(kind));
    if (refusals.count > 0) {
      const status = applied.has(item) ? 'PARTIAL' : 'FAILED';
      return { typeKey, kind, status, error: refused(refusals) };
    }
    if (applied.has(item) || clean) return { typeKey, kind, status: 'SUCCESS' };
    return { typeKey, kind, status: 'FAILED', error: notProven(kind, all.about(kind)) };
  });
}

/** The first of many messages, in their order, and how many they are. */
class ItemMessages {
  count = 0;
  private readonly first: { at: number; message: Message }[] = [];

  add(at: number, message: Message): void {
    this.count += 1;
    if (this.first.length < MAX_QUOTED) this.first.push({ at, message });
  }

  with(other: ItemMessages): ItemMessages {
    const both = new ItemMessages();
    const first = [...this.first, ...other.first].sort((a, b) => a.at - b.at);
    both.first.push(...first.slice(0, MAX_QUOTED));
    both.count = this.count + other.count;
    return both;
  }

  get quoted(): string {
    const shown = this.first.map(({ message: { resource, message } }) => {
      const text = /[.!?]$/.test(message.trim()) ? message.trim() : `${message.trim()}.`;
      return resource && !message.includes(resource) ? `"${resource}": ${text}` : text;
    });
    const more = this.count - shown.length;
    return `${shown.join(' ')}${more > 0 ? ` And ${more} more.` : ''}`;
  }
}

/** Messages by what they are about: one kind, or everything. */
class MessagesByKind {
  private readonly told = new Map<OptimizelyKind | undefined, ItemMessages>();

  add(at: number, message: Message): void {
    const told = this.told.get(message.section) ?? new ItemMessages();
    this.told.set(message.section, told);
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

/** The service takes a section as a whole or not at all, as far as is known. */
function notProven(kind: OptimizelyKind, own: ItemMessages): SyncFailure {
  return own.count > 0
    ? {
        code: 'NOT_APPLIED',
        message: `Not applied, because others among the ${SECTION_OF_KIND[kind]} were refused: ${own.quoted} Correct or leave out those and push again.`,
      }
    : {
        code: 'UNPROVEN',
        message: 'The answer does not say that this was applied: pull to see, or push again.',
      };
}
