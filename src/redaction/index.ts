/** Leaves out what authorises somebody, and says so in its place; refuses to have a mark sent, and knows no platform. */
export { isMark, type Mark, markOf, marksIn } from './mark.ts';
export { marksOf } from './marks-of.ts';
export { mayHaveSecrets } from './may-have-secrets.ts';
export type { LocatedMark, Redacted, Redactions } from './redactions.ts';
export { Redactor } from './redactor.ts';
export {
  ContentRedactedError,
  type RedactedItem,
  RedactionKeyError,
  SecretInDefinitionError,
} from './redaction.errors.ts';
export { addressInPassing, markInPassing, Redaction, redactedInPassing, redactionsOf } from './redaction.ts';
export { readRedactedNames, redactionOptions } from './redacted-names.ts';
export { RedactionModule } from './redaction.module.ts';
export type { RedactedNames } from '../tracking-options.ts';
