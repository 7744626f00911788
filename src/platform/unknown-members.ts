import type { JsonObject } from '#json';
import { cut } from '../quoted.ts';
import type { PlatformModel } from './platform.model.ts';

const MAX_NAMED = 20;
const MAX_POINTER = 200;

/** Fields of a definition that the platform's model does not know, as an answer names them. */
export interface UnknownMembers {
  /** JSON Pointers (RFC 6901), sorted, at most 20. */
  unknownFields: string[];
  /** How many there are beyond those. */
  moreUnknownFields: number;
}

export function unknownMembers(model: PlatformModel, definition: JsonObject, kind: string): UnknownMembers {
  return namedMembers(model.unknownFields(definition, kind));
}

/** The fields that JSON Pointers name, as an answer names them. */
export function namedMembers(pointers: string[]): UnknownMembers {
  const unknown = pointers.toSorted();
  const unknownFields = unknown.slice(0, MAX_NAMED).map((pointer) => cut(pointer, MAX_POINTER));
  return { unknownFields, moreUnknownFields: unknown.length - unknownFields.length };
}
