import { Inject, Injectable } from '@nestjs/common';
import { isJsonObject, type Json, type JsonObject } from '#json';
import { type ContentType, type PlatformEnvironment, PlatformError, UnknownEnvironmentError } from '#platform';
import { builtIn, isBuiltIn } from './built-in-types.ts';
import { isManifestResult } from './manifest-answer.ts';
import {
  isDefinition,
  KINDS,
  type Manifest,
  type OptimizelyKind,
  type Section,
  SECTION_OF_KIND,
  type SentItem,
} from './manifest.ts';
import { mergePatch } from './merge-patch.ts';
import { type ApiAnswer, type ApiRequest, OptimizelyConnection } from './optimizely-connection.ts';
import type { OptimizelyEnvironment } from './optimizely.config.ts';
import { fromPlatform, toPlatform, withoutDefaults } from './optimizely.transformer.ts';

export const OPTIMIZELY_ENVIRONMENTS = Symbol('optimizely-environments');

const MANIFEST_TYPE = 'application/vnd.optimizely.cms.v1.manifest+json';
const MERGE_PATCH_TYPE = 'application/merge-patch+json';
const REPRESENTATION = { prefer: 'return=representation' };
/** Also keeps a key from leaving its place in the path. */
const KEY = /^[_A-Za-z][:_0-9A-Za-z]*$/;
/** The collections of the API that hold single items. */
const PATHS: Record<OptimizelyKind, string> = {
  propertyGroup: '/propertygroups',
  contentType: '/contenttypes',
  displayTemplate: '/displaytemplates',
};
/** What a patch cannot change; the service ignores it without a word. */
const FIXED = ['key', 'baseType', 'isContract'];

export interface CallOptions {
  /** Asked right before the bytes leave; what it throws keeps them here. */
  mayLeave?: () => Promise<void>;
}

export interface WriteOptions extends CallOptions {
  /** Apply changes that lose data. */
  force?: boolean;
  /** Only if the platform still holds the state with this strong ETag. */
  ifMatch?: string;
  /** The same by `Last-Modified`, for when there is no strong ETag. */
  ifUnmodifiedSince?: string;
}

/**
 * The management API of Optimizely CMS, for every configured environment. Each call throws {@link PlatformError} for
 * whatever is no proven success, and {@link UnknownEnvironmentError}. It does not wait and try again.
 */
@Injectable()
export class OptimizelyApiClient {
  readonly #connections: Map<string, OptimizelyConnection>;

  constructor(@Inject(OPTIMIZELY_ENVIRONMENTS) environments: OptimizelyEnvironment[]) {
    this.#connections = new Map(
      environments.map((environment) => [environment.name, new OptimizelyConnection(environment)]),
    );
  }

  /** The configured environments, with the address of each and the client id that it is reached with. */
  environments(): PlatformEnvironment[] {
    return [...this.#connections].map(([name, connection]) => ({ name, ...connection.destination }));
  }

  /** Creates or updates what the manifest holds, deletes nothing. The answer's `errors[]` may still refuse all of it. */
  async importManifest(
    environment: string,
    manifest: Manifest,
    { force, mayLeave }: WriteOptions = {},
  ): Promise<ApiAnswer & { body: JsonObject }> {
    for (const kind of KINDS) {
      for (const definition of manifest[SECTION_OF_KIND[kind]] ?? []) refuseBuiltIn(definition.key, definition, kind);
    }
    const request: ApiRequest = {
      method: 'POST',
      path: '/manifest',
      body: manifest,
      contentType: MANIFEST_TYPE,
      headers: forceHeader(force),
      effect: 'repeatable',
      mayLeave,
    };
    const connection = this.#connection(environment);
    const answer = await connection.send(request);
    if (!isManifestResult(answer.body))
      throw connection.invalid(request, answer, 'it is no result of a manifest import');
    return { ...answer, body: answer.body };
  }

  /** What the platform holds, by section, without its built-in parts. */
  async exportManifest(
    environment: string,
    sections?: Section[],
    { mayLeave }: CallOptions = {},
  ): Promise<ApiAnswer & { manifest: Manifest }> {
    const wanted = sections ?? Object.values(SECTION_OF_KIND);
    const query = new URLSearchParams(wanted.map((section) => ['sections', section]));
    const request: ApiRequest = { method: 'GET', path: `/manifest?${query.toString()}`, effect: 'none', mayLeave };
    const connection = this.#connection(environment);
    const answer = await connection.send(request);
    const { body } = answer;
    if (!isJsonObject(body) || !wanted.some((section) => Object.hasOwn(body, section))) {
      throw connection.invalid(request, answer, `it has none of ${wanted.join(', ')}`);
    }
    const manifest: Manifest = {};
    for (const section of wanted) {
      const definitions = body[section] ?? [];
      if (!Array.isArray(definitions) || !definitions.every(isDefinition)) {
        throw connection.invalid(request, answer, `"${section}" is no list of definitions with a key`);
      }
      manifest[section] = definitions;
    }
    return { ...answer, manifest };
  }

  /**
   * Makes one content type what the definition says, guarded against a change by others meanwhile: creates it, or
   * patches what differs; sends nothing when nothing does.
   */
  async pushContentType(
    environment: string,
    definition: ContentType,
    { force }: Pick<WriteOptions, 'force'> = {},
  ): Promise<ApiAnswer> {
    const key = refuseBuiltIn(definition['key'], definition);
    const calls: JsonObject[] = [];
    const current = await this.getContentType(environment, key, calls).catch(unlessNotFound);
    if (!current) return this.createContentType(environment, definition, calls);
    const held = isJsonObject(current.body) ? current.body : {};
    refuseBuiltIn(key, held);
    const patch = patchOf(withoutDefaults(held), withoutDefaults(definition), key);
    if (Object.keys(patch).length === 0) return current;
    const { etag, lastModified } = current;
    const guard = etag && !etag.startsWith('W/') ? { ifMatch: etag } : { ifUnmodifiedSince: lastModified };
    return this.patchContentType(environment, key, patch, { force, ...guard }, calls);
  }

  /** One content type in our terms, with the ETag of that state. */
  async pullContentType(environment: string, key: string): Promise<ApiAnswer & { definition: ContentType }> {
    const answer = await this.getContentType(environment, key);
    return { ...answer, definition: fromPlatform(answer.body) };
  }

  async getContentType(
    environment: string,
    key: string,
    calls?: JsonObject[],
  ): Promise<ApiAnswer & { body: JsonObject }> {
    const request: ApiRequest = { method: 'GET', path: pathOf(key), effect: 'none' };
    const connection = this.#connection(environment);
    const answer = await connection.send(request, calls);
    const { body } = answer;
    if (!isJsonObject(body) || body['key'] !== key)
      throw connection.invalid(request, answer, `it is not the content type "${key}"`);
    return { ...answer, body };
  }

  async createContentType(environment: string, definition: ContentType, calls?: JsonObject[]): Promise<ApiAnswer> {
    refuseBuiltIn(definition['key'], definition);
    const body = toPlatform(definition);
    return this.#write(environment, { method: 'POST', path: '/contenttypes', body }, {}, calls);
  }

  /** Applies a JSON merge patch: null removes, lists are replaced whole. */
  async patchContentType(
    environment: string,
    key: string,
    patch: JsonObject,
    options: WriteOptions = {},
    calls?: JsonObject[],
  ): Promise<ApiAnswer> {
    refuseBuiltIn(key);
    const request = { method: 'PATCH', path: pathOf(key), body: patch, contentType: MERGE_PATCH_TYPE } as const;
    return this.#write(environment, request, options, calls);
  }

  async deleteContentType(environment: string, key: string, options: WriteOptions = {}): Promise<ApiAnswer> {
    refuseBuiltIn(key);
    return this.#write(environment, { method: 'DELETE', path: pathOf(key) }, options);
  }

  /** Deletes an item of any kind; the platform refuses it while content uses it. It is safe to send it twice. */
  async deleteItem(
    environment: string,
    { kind, typeKey }: SentItem,
    { mayLeave }: CallOptions = {},
  ): Promise<ApiAnswer> {
    refuseBuiltIn(typeKey, undefined, kind);
    const request: ApiRequest = {
      ...{ method: 'DELETE', path: pathOf(typeKey, kind), headers: REPRESENTATION },
      ...{ effect: 'repeatable', mayBeEmpty: true, mayLeave },
    };
    const connection = this.#connection(environment);
    const answer = await connection.send(request);
    const isProven = answer.body === undefined ? answer.statusCode === 204 : isDefinition(answer.body);
    if (!isProven) throw connection.invalid(request, answer, `it is not the ${kind} that was deleted`);
    return answer;
  }

  #write(
    environment: string,
    request: Pick<ApiRequest, 'method' | 'path' | 'body' | 'contentType'>,
    { force, ifMatch, ifUnmodifiedSince }: WriteOptions,
    calls?: JsonObject[],
  ): Promise<ApiAnswer> {
    const headers = {
      ...REPRESENTATION,
      ...forceHeader(force),
      ...(ifMatch && { 'if-match': ifMatch }),
      ...(ifUnmodifiedSince && { 'if-unmodified-since': ifUnmodifiedSince }),
    };
    return this.#connection(environment).send({ ...request, headers, effect: 'once', mayBeEmpty: true }, calls);
  }

  #connection(environment: string): OptimizelyConnection {
    const connection = this.#connections.get(environment);
    if (!connection) throw new UnknownEnvironmentError('optimizely', environment, [...this.#connections.keys()]);
    return connection;
  }
}

const forceHeader = (force?: boolean): Record<string, string> =>
  force ? { 'cms-ignore-data-loss-warnings': 'true' } : {};

function pathOf(key: string, kind: OptimizelyKind = 'contentType'): string {
  // The rules for the keys of groups are not known. A gateway may decode a path before it reads it.
  if (kind === 'propertyGroup' ? /^\.{0,2}$|[/\\%]/.test(key) : !KEY.test(key))
    throw invalidRequest(`"${key}" is no key of a ${kind}: letters, digits and "_", a letter first.`);
  return `${PATHS[kind]}/${encodeURIComponent(key)}`;
}

function refuseBuiltIn(key: Json | undefined, definition?: JsonObject, kind = 'contentType'): string {
  if (typeof key !== 'string') throw invalidRequest(`A ${kind} without a key cannot be sent: set its "key".`);
  if (isBuiltIn(kind, key, definition))
    throw new PlatformError({ ...builtIn(kind, key), retryable: false, outcome: 'NOT_APPLIED' });
  return key;
}

function patchOf(held: ContentType, wanted: ContentType, key: string): JsonObject {
  const fixed = FIXED.filter((field) => (held[field] ?? null) !== (wanted[field] ?? null));
  if (fixed.length > 0) {
    throw invalidRequest(
      `${fixed.join(' and ')} of "${key}" cannot be changed: delete the type first, or give it another key.`,
    );
  }
  return mergePatch(held, wanted);
}

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof PlatformError && error.code === 'NOT_FOUND')) throw error;
}

const invalidRequest = (message: string) =>
  new PlatformError({ code: 'INVALID_REQUEST', retryable: false, outcome: 'NOT_APPLIED', message });
