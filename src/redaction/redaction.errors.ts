import { DomainError } from '../domain-error.ts';
import { quoted } from '../quoted.ts';
import type { Redactions } from './redactions.ts';

const MAX_NAMED = 20;
const MAX_IN_SENTENCE = 3;

/** A secret that is to be left out before the application has started. */
export class RedactionKeyError extends DomainError {
  readonly code = 'NOT_STARTED';
  readonly httpStatus = 503;

  constructor() {
    super(
      'The content has a secret, and the key for redaction is not loaded yet. Do this from onApplicationBootstrap or later.',
    );
  }
}

/** An item, and where its content has a secret or a mark. */
export interface RedactedItem extends Redactions {
  kind: string;
  typeKey: string;
}

/** Content that was recorded without its secrets, and so cannot be sent. */
export class ContentRedactedError extends DomainError {
  readonly code = 'CONTENT_REDACTED';
  readonly httpStatus = 409;

  constructor(items: RedactedItem[]) {
    super(
      `The recorded content has marks in place of secrets, so it cannot be sent: ${sentenceOf(items)}. ` +
        'Send the content itself once more from the system that has it, or import a version without the secret and deploy that.',
      { items: listed(items) },
    );
  }
}

/** A definition with a secret, or the mark of one: no version of it could be deployed. */
export class SecretInDefinitionError extends DomainError {
  readonly code = 'SECRET_IN_DEFINITION';
  readonly httpStatus = 422;

  constructor(items: RedactedItem[]) {
    super(
      `The definition has a secret: ${sentenceOf(items)}. The record keeps no secrets, so this version could not be deployed. ` +
        'Take the secret out; if the value is none, list its name in REDACT_EXCEPT.',
      { items: listed(items) },
    );
  }
}

function sentenceOf(items: RedactedItem[]): string {
  const shown = items.slice(0, MAX_IN_SENTENCE).map(({ kind, typeKey, count, marks }) => {
    const pointers = marks.slice(0, MAX_IN_SENTENCE).map(({ pointer }) => quoted(pointer));
    const more = count > pointers.length ? ` and ${count - pointers.length} more` : '';
    return `${kind} ${quoted(typeKey)} at ${pointers.join(', ')}${more}`;
  });
  const more = items.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function listed(items: RedactedItem[]): object[] {
  return items.slice(0, MAX_NAMED).map(({ kind, typeKey, count, marks }) => {
    return { kind, typeKey, count, pointers: marks.map(({ pointer }) => pointer) };
  });
}
