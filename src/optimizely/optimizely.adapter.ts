import { Injectable } from '@nestjs/common';
import { isJsonObject, type Json } from '#json';
import {
  type ContentType,
  DEFAULT_KIND,
  Platform,
  type PlatformAdapter,
  type PlatformEnvironment,
  PlatformError,
  type RecordedCall,
  type RecordedItem,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncFailure,
  type SyncItem,
} from '#platform';
import { TrackSync } from '#tracking';
import { builtIn, isBuiltIn } from './built-in-types.ts';
import { readManifestAnswer } from './manifest-answer.ts';
import { readManifestRefusal } from './manifest-refusal.ts';
import {
  type Definition,
  isDefinition,
  isOptimizelyKind,
  KINDS,
  type Manifest,
  type OptimizelyKind,
  SECTION_OF_KIND,
  type SentItem,
} from './manifest.ts';
import type { ApiAnswer } from './optimizely-connection.ts';
import { OptimizelyApiClient, type WriteOptions } from './optimizely.client.ts';
import { OPTIMIZELY_MODEL } from './optimizely.model.ts';
import { removeEach } from './removal.ts';
import { fromPlatform, toPlatform } from './optimizely.transformer.ts';
import { unknownFields } from './unknown-fields.ts';

interface Sendable extends SentItem {
  definition: Definition;
}

/** Optimizely CMS: a push is one manifest import, a pull one manifest export, however many items there are; a removal is a call for each. */
@Platform('optimizely')
@Injectable()
export class OptimizelyAdapter implements PlatformAdapter {
  readonly model = OPTIMIZELY_MODEL;

  constructor(private readonly client: OptimizelyApiClient) {}

  environments(): PlatformEnvironment[] {
    return this.client.environments();
  }

  toPlatform(definition: ContentType): Json {
    return toPlatform(definition);
  }

  fromPlatform(payload: Json, kind?: string): ContentType {
    return fromPlatform(payload, kind);
  }

  /** Sends what may be sent; an item that may not fails by itself. */
  @TrackSync({ direction: 'PUSH' })
  async push({ items, context, permit }: RecordedCall): Promise<SyncAnswer> {
    const checked = items.map((item) => sendable(item));
    const sent = checked.filter((item) => 'definition' in item);
    if (sent.length === 0) return { items: checked.filter((item) => 'status' in item) };
    const options = { force: context.force, mayLeave: permit };
    const { items: outcomes, ...answer } = await this.#import(context.environment, sent, options);
    const outcomeOf = new Map(sent.map((item, index) => [item, outcomes[index]!]));
    return { ...answer, items: checked.map((item) => ('status' in item ? item : outcomeOf.get(item)!)) };
  }

  /** Reads everything but the built-in parts, or the items asked for. */
  @TrackSync({ direction: 'PULL' })
  async pull({ items, context, permit }: RecordedCall): Promise<SyncAnswer> {
    const wanted = KINDS.filter((kind) => items.length === 0 || items.some((item) => kindOf(item) === kind));
    if (wanted.length === 0) return { items: items.map((item) => refusedItem(item)!) };
    const sections = wanted.map((kind) => SECTION_OF_KIND[kind]);
    const answer = await this.client.exportManifest(context.environment, sections, { mayLeave: permit });
    const held = wanted.flatMap((kind) => pulled(kind, answer.manifest));
    const heldBy = new Map(held.map((item) => [identity(item), item]));
    const found = items.map(
      (item) => refusedItem(item) ?? heldBy.get(identity(item)) ?? notFound(item, context.environment),
    );
    return { ...recorded(answer), items: items.length === 0 ? held : found };
  }

  /** Deletes each item by a call of its own. */
  @TrackSync({ direction: 'PUSH', removes: true })
  async remove({ items, context, permit }: RecordedCall): Promise<SyncAnswer> {
    const refused = items.flatMap((item) => refusedItem(item) ?? []);
    const sent = items.flatMap((item) => (refusedItem(item) ? [] : sentItem(item)));
    const options = { mayLeave: permit };
    return {
      items: await removeEach(sent, refused, (item) => this.client.deleteItem(context.environment, item, options)),
    };
  }

  /** A refusal of the whole manifest that names items is an answer for each of them. */
  async #import(environment: string, sent: Sendable[], options: WriteOptions): Promise<SyncAnswer> {
    try {
      const answer = await this.client.importManifest(environment, manifestOf(sent), options);
      return { ...recorded(answer), items: readManifestAnswer(sent, answer.body) };
    } catch (error) {
      const items = error instanceof PlatformError ? readManifestRefusal(sent, error) : undefined;
      if (!items) throw error;
      const { statusCode, requestId, body, metadata } = error as PlatformError;
      return { statusCode, requestId, body, metadata, items };
    }
  }
}

/** The item as the platform takes it, or why it does not. */
function sendable(item: RecordedItem): Sendable | SyncAnswerItem {
  const refused = refusedItem(item);
  if (refused) return refused;
  const { typeKey, data, payload } = item;
  const kind = kindOf(item);
  if (isOptimizelyKind(kind) && isDefinition(payload) && payload.key === typeKey) {
    return { typeKey, kind, definition: payload };
  }
  const key = isJsonObject(data) ? data['key'] : undefined;
  const found = key === undefined ? 'has no key' : `has the key ${JSON.stringify(key)}`;
  const message = `The definition of "${typeKey}" ${found}: set its "key" to "${typeKey}".`;
  return failed(item, { code: 'INVALID_ITEM', message });
}

function sentItem(item: SyncItem): SentItem[] {
  const kind = kindOf(item);
  return isOptimizelyKind(kind) ? [{ typeKey: item.typeKey, kind }] : [];
}

function refusedItem(item: SyncItem): SyncAnswerItem | undefined {
  const kind = kindOf(item);
  if (!isOptimizelyKind(kind)) {
    const message = `Optimizely has no kind "${kind}": use ${KINDS.join(', ')}.`;
    return failed(item, { code: 'UNKNOWN_KIND', message });
  }
  return isBuiltIn(kind, item.typeKey, item.data) ? failed(item, builtIn(kind, item.typeKey)) : undefined;
}

function notFound(item: SyncItem, environment: string): SyncAnswerItem {
  const message = `Optimizely "${environment}" has no ${kindOf(item)} "${item.typeKey}": push it, or check the key.`;
  return failed(item, { code: 'NOT_FOUND', message });
}

function failed(item: SyncItem, error: SyncFailure): SyncAnswerItem {
  return { typeKey: item.typeKey, kind: kindOf(item), status: 'FAILED', error };
}

function manifestOf(sent: Sendable[]): Manifest {
  const manifest: Manifest = {};
  for (const { kind, definition } of sent) (manifest[SECTION_OF_KIND[kind]] ??= []).push(definition);
  return manifest;
}

function pulled(kind: OptimizelyKind, manifest: Manifest): SyncAnswerItem[] {
  const own = (manifest[SECTION_OF_KIND[kind]] ?? []).filter((payload) => !isBuiltIn(kind, payload.key, payload));
  return own.map((payload) => {
    const unknown = unknownFields(payload, kind);
    return {
      typeKey: payload.key,
      kind,
      status: 'SUCCESS',
      data: fromPlatform(payload, kind),
      ...(unknown.length > 0 && { unknownFields: unknown }),
      ...lastChange(payload),
    };
  });
}

function lastChange({ lastModified, lastModifiedBy }: Definition): Pick<SyncAnswerItem, 'changedBy' | 'changedAt'> {
  return {
    ...(typeof lastModifiedBy === 'string' && { changedBy: lastModifiedBy }),
    ...(typeof lastModified === 'string' && { changedAt: lastModified }),
  };
}

const kindOf = ({ kind = DEFAULT_KIND }: Pick<SyncItem, 'kind'>) => kind;

const identity = (item: Pick<SyncItem, 'kind' | 'typeKey'>) => `${kindOf(item)} ${item.typeKey}`;

function recorded({ statusCode, requestId, body, calls }: ApiAnswer): Omit<SyncAnswer, 'items'> {
  return { statusCode, metadata: { calls }, ...(requestId && { requestId }), ...(body !== undefined && { body }) };
}
