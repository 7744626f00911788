import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import type { JsonObject } from '#json';
import { ContentTypeHasher } from '../../src/versioning/content-type.hasher.ts';
import { anyObject, reversed } from '../support/arbitrary-json.ts';

const hash = (definition: JsonObject) => new ContentTypeHasher().generateHash(definition);
const parsed = (text: string): JsonObject => JSON.parse(text);

describe('the hash of a content type', () => {
  it('is the SHA-256 of its canonical JSON', () => {
    const expected = createHash('sha256').update('{"key":"Article","properties":{}}').digest('hex');
    expect(hash({ properties: {}, key: 'Article' })).toBe(expected);
  });

  it('is the same for the same content in any key order', () => {
    fc.assert(
      fc.property(anyObject, (definition) => {
        expect(hash(reversed(definition))).toBe(hash(definition));
      }),
    );
  });

  it('does not count who made or changed it on a server, and when', () => {
    const stamps = { created: '2025-01-01', createdBy: 'a', lastModified: '2025-01-02', lastModifiedBy: 'b' };
    expect(hash({ ...stamps, key: 'Article' })).toBe(hash({ key: 'Article' }));
  });

  it('counts a property that is called as if a server had set it', () => {
    const base = { key: 'Article', properties: {} };
    expect(hash({ ...base, properties: { created: { type: 'dateTime' } } })).not.toBe(hash(base));
  });

  it('counts members called __proto__ and constructor', () => {
    const texts = ['{}', '{"__proto__":{}}', '{"__proto__":1}', '{"constructor":1}'];
    expect(new Set(texts.map((text) => hash(parsed(text)))).size).toBe(texts.length);
  });
});
