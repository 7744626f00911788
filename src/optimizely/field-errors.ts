import { isJsonObject, type Json, type JsonObject } from '#json';
import { cut } from '../quoted.ts';

const MAX_DEPTH = 20;
const MAX_FIELD_CHARACTERS = 300;
const MAX_DETAIL_CHARACTERS = 500;
const FIELD_MEMBERS = ['field', 'path', 'pointer', 'propertyName'];
const DETAIL_MEMBERS = ['detail', 'message', 'errorMessage', 'description', 'title'];

/** One thing that is wrong with a request, in the words of the platform; an empty field is the whole request. */
export interface FieldError {
  field: string;
  detail: string;
}

/**
 * What the `errors` of a problem document say: a list of objects or texts, or a map from field to texts, also nested.
 * Members that are neither say nothing.
 */
export function fieldErrors(errors: Json | undefined): Iterable<FieldError> {
  return errorsAt(errors, '', 0);
}

function* errorsAt(value: Json | undefined, field: string, depth: number): Generator<FieldError, void> {
  if (typeof value === 'string') {
    if (value !== '') yield { field, detail: cut(value, MAX_DETAIL_CHARACTERS) };
  } else if (depth === MAX_DEPTH) {
    return;
  } else if (Array.isArray(value)) {
    for (const entry of value) yield* errorsAt(entry, field, depth + 1);
  } else if (isJsonObject(value)) {
    const detail = textIn(value, DETAIL_MEMBERS);
    if (detail !== undefined) {
      yield { field: namedField(value) ?? field, detail: cut(detail, MAX_DETAIL_CHARACTERS) };
      return;
    }
    for (const [name, member] of Object.entries(value)) yield* errorsAt(member, joined(field, name), depth + 1);
  }
}

/** A message of an import result names a section and a key in place of a field. */
function namedField(error: JsonObject): string | undefined {
  const field = textIn(error, FIELD_MEMBERS);
  if (field !== undefined) return field.slice(0, MAX_FIELD_CHARACTERS);
  const { section, resource } = error;
  return typeof section === 'string' && typeof resource === 'string' ? `${section}.${resource}` : undefined;
}

function textIn(object: JsonObject, members: string[]): string | undefined {
  return members
    .filter((member) => Object.hasOwn(object, member))
    .map((member) => object[member])
    .find((member): member is string => typeof member === 'string' && member !== '');
}

const joined = (field: string, name: string) =>
  (field === '' ? name : `${field}.${name}`).slice(0, MAX_FIELD_CHARACTERS);
