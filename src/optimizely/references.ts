import { isJsonObject, type Json, type JsonObject } from '#json';
import type { ItemRef } from '#platform';
import { isBuiltIn } from './built-in-types.ts';
import type { OptimizelyKind } from './manifest.ts';

/** The other items that a definition refers to, each once; base types, `*` and what every instance has are none. */
export function references(definition: JsonObject, kind: string): ItemRef[] {
  const found = new Map<string, ItemRef>();
  for (const [kindOfRef, name] of namesIn(definition, kind)) {
    if (typeof name !== 'string' || name === '*' || name.startsWith('_') || isBuiltIn(kindOfRef, name)) continue;
    if (kindOfRef === kind && name === definition['key']) continue;
    found.set(`${kindOfRef} ${name}`, { kind: kindOfRef, typeKey: name });
  }
  return [...found.values()];
}

type Name = [kind: OptimizelyKind, name: Json | undefined];

function* namesIn(definition: JsonObject, kind: string): Generator<Name, void> {
  if (kind === 'displayTemplate') yield ['contentType', definition['contentType']];
  if (kind !== 'contentType') return;
  yield* types(definition['mayContainTypes'], definition['contracts']);
  const { composition, properties } = definition;
  if (isJsonObject(composition)) yield* types(composition['allowedTypes'], composition['restrictedTypes']);
  for (const property of Object.values(isJsonObject(properties) ? properties : {})) {
    if (!isJsonObject(property)) continue;
    yield ['propertyGroup', property['group']];
    yield* typesOfValue(property);
    if (isJsonObject(property['items'])) yield* typesOfValue(property['items']);
  }
}

function* typesOfValue(value: JsonObject): Generator<Name, void> {
  yield ['contentType', value['contentType']];
  yield* types(value['allowedTypes'], value['restrictedTypes']);
}

function* types(...lists: (Json | undefined)[]): Generator<Name, void> {
  for (const list of lists) for (const name of Array.isArray(list) ? list : []) yield ['contentType', name];
}
