import { Injectable, Optional } from '@nestjs/common';
import { canonicalDigest, canonicalDigestAsync, type JsonObject } from '#json';
import { DEFAULT_MODEL } from '#platform';
import { Redaction } from '#redaction';
import type { PreparedSnapshot } from '#snapshot';

/** Names the content of a content type, as it is recorded: without its secrets. */
@Injectable()
export class ContentTypeHasher {
  /** Without redaction it names what is given, secrets included. */
  constructor(@Optional() private readonly redaction?: Redaction) {}

  /**
   * SHA-256 of the canonical JSON (RFC 8785), 64 hexadecimal digits: the same content in any key order has the same
   * hash. Members at the top that only the server sets, by the model of the platform, do not count. Throws NotJsonError.
   */
  generateHash(definition: JsonObject, model = DEFAULT_MODEL): string {
    const recorded = this.redaction?.json(definition, model.redaction).value ?? definition;
    return canonicalDigest(withoutServerSet(recorded, model.serverSet));
  }

  /** The same for content of any size: gives way to other work, and saves the work that its snapshot has done. */
  async hashOf(
    definition: JsonObject,
    snapshot?: Pick<PreparedSnapshot, 'digest'>,
    model = DEFAULT_MODEL,
  ): Promise<string> {
    const { serverSet } = model;
    // To leave them out is to copy all the others.
    const isAll = ![...serverSet].some((field) => Object.hasOwn(definition, field));
    if (isAll && snapshot) return snapshot.digest;
    const recorded = (await this.redaction?.jsonInSlices(definition, model.redaction))?.value ?? definition;
    return canonicalDigestAsync(isAll ? recorded : withoutServerSet(recorded, serverSet));
  }
}

/** The definition without the members at its top that only the server sets. */
export function withoutServerSet(definition: JsonObject, serverSet: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !serverSet.has(field)));
}
