import { Injectable, Logger } from '@nestjs/common';
import { type Principal, UnauthenticatedError } from '#access';
import { type ApiKey, ApiKeys, grantsOfKey } from './api-keys.ts';
import { isKeyText, keyHash } from './key-text.ts';
import { ExistingKeys } from './existing-keys.ts';

/** A revoked key is refused everywhere after this time at the latest. */
const MAX_CACHED_MS = 500;
const MAX_CACHED = 10_000;

type FoundKey = Awaited<ReturnType<ApiKeys['find']>>;

interface Cached {
  found: Promise<FoundKey>;
  until: number;
}

/** Finds the principal of an API key. */
@Injectable()
export class KeyAuthenticator {
  private readonly logger = new Logger(KeyAuthenticator.name);
  private readonly cached = new Map<string, Cached>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly existing: ExistingKeys,
  ) {}

  /** By the text of a key. One that `isSuspect` waits for others before the database is asked. Throws {@link UnauthenticatedError}. */
  async principalOf(text: string, isSuspect = false): Promise<Principal> {
    if (!isKeyText(text)) throw new UnauthenticatedError('INVALID_KEY', 'The key is malformed. Copy the whole key.');
    const key = await this.found(text, isSuspect);
    if (!key) throw new UnauthenticatedError('INVALID_KEY', 'There is no such key. Ask for a new one.');
    assertValid(key);
    return { type: 'key', id: key.id, name: key.name, grants: grantsOfKey(key) };
  }

  private async found(text: string, isSuspect: boolean): Promise<FoundKey> {
    const hash = keyHash(text);
    const cached = this.cached.get(hash);
    if (cached && cached.until > performance.now()) return cached.found;
    // What was a key is one still.
    if (isSuspect && !(await cached?.found) && !(await this.existing.has(hash))) return undefined;
    return this.ask(text, hash);
  }

  private ask(text: string, hash: string): Promise<FoundKey> {
    const found = this.read(text);
    this.cached.delete(hash);
    this.cached.set(hash, { found, until: performance.now() + MAX_CACHED_MS });
    if (this.cached.size > MAX_CACHED) this.cached.delete(this.cached.keys().next().value!);
    // An answer that failed is asked for again.
    found.catch(() => this.cached.delete(hash));
    return found;
  }

  private async read(text: string): Promise<FoundKey> {
    const key = await this.keys.find(text);
    if (key && isUsable(key)) {
      this.keys
        .touch(key.id)
        .catch((error: unknown) => this.logger.warn({ err: error }, 'The use of a key was not noted'));
    }
    return key;
  }
}

function isUsable({ revokedAt, isExpired }: { revokedAt: Date | null; isExpired: boolean | null }): boolean {
  return revokedAt === null && isExpired !== true;
}

function assertValid(key: ApiKey & { isExpired: boolean | null }): void {
  if (key.revokedAt) {
    throw new UnauthenticatedError('KEY_REVOKED', `The key ${key.hint}… is revoked. Ask for a new one.`, {
      keyId: key.id,
    });
  }
  if (key.isExpired) {
    throw new UnauthenticatedError(
      'KEY_EXPIRED',
      `The key ${key.hint}… expired at ${key.expiresAt!.toISOString()}. Ask for a new one.`,
      { keyId: key.id },
    );
  }
}
