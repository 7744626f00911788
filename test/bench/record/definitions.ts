import { randomBytes } from 'node:crypto';
import type { JsonObject } from '#json';

/** A content type of about this many bytes of JSON: many properties, as a large model has. */
export function definitionOf(bytes: number): JsonObject {
  const definition = { key: 'Article', baseType: '_page', displayName: 'Article', properties: {} as JsonObject };
  for (let size = 80, index = 0; size < bytes; index += 1) {
    const property = {
      type: 'string',
      displayName: `Property ${index} — größer`,
      format: 'shortString',
      sortOrder: index * 10,
      description: randomBytes(24).toString('base64'),
      localized: index % 2 === 0,
    };
    size += JSON.stringify(property).length + 20;
    definition.properties[`property${index}`] = property;
  }
  return definition;
}

/** The same content with one text that was never there before. */
export function changed(definition: JsonObject): JsonObject {
  return { ...definition, displayName: randomBytes(9).toString('base64') };
}
