import { Injectable } from '@nestjs/common';
import { canonicalDigest, canonicalDigestAsync, type JsonObject } from '#json';
import type { PreparedSnapshot } from '#snapshot';

const SERVER_SET = new Set(['created', 'createdBy', 'lastModified', 'lastModifiedBy']);

/** Names the content of a content type. */
@Injectable()
export class ContentTypeHasher {
  /**
   * SHA-256 of the canonical JSON (RFC 8785), 64 hexadecimal digits: the same content in any key order has the same
   * hash. What a server sets at the top level (`created`, `lastModifiedBy` …) does not count. Throws NotJsonError.
   */
  generateHash(definition: JsonObject): string {
    return canonicalDigest(withoutServerSet(definition));
  }

  /** The same for content of any size: gives way to other work, and saves the work that its snapshot has done. */
  async hashOf(definition: JsonObject, snapshot?: Pick<PreparedSnapshot, 'digest'>): Promise<string> {
    const content = withoutServerSet(definition);
    const isAll = Object.keys(content).length === Object.keys(definition).length;
    return isAll && snapshot ? snapshot.digest : canonicalDigestAsync(content);
  }
}

/** The definition without what a server sets at its top level: who made or changed it there, and when. */
export function withoutServerSet(definition: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !SERVER_SET.has(field)));
}
