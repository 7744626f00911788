/** Reads requests into typed objects; refuses unknown members, wrong types and lists that are too long. */
export { type DateOrDay, isDateOrDay, momentIn, readDateOrDay, TimestampOrDay } from './day.ts';
export { EARLIEST, LATEST, Timestamp } from './timestamp.decorator.ts';
export { detailOf, FIELD_CODES, fieldCode, type FieldCode, type FieldProblem, sentenceOf } from './field-problem.ts';
export { MAX_PROBLEMS, ProblemList } from './problem-list.ts';
export { Documented } from './documented.decorator.ts';
export {
  DerivedFrom,
  LIST_LIMITS,
  MayBeLeftOut,
  MayBeNull,
  Nested,
  OneOrMany,
  ReadBy,
  TrueOrFalse,
  WholeNumber,
} from './input.decorators.ts';
export { IsLabels, type Labels, labelsOf, LabelTexts, labelTextsProblem } from './labels.ts';
export { QueryGuard } from './query.guard.ts';
export { Credential } from './credential.decorator.ts';
export { RequestValidation } from './request-validation.ts';
export { ForeignText, Name, nameProblem, Text, textProblem, VisibleForeignText } from './text.decorator.ts';
export { assertNone, InvalidRequestError } from './invalid-request.error.ts';
export { readDto } from './read-dto.ts';
export { UnknownTimeZoneError } from './unknown-time-zone.error.ts';
export { assertTimeZone, clockRuns } from './zone-clock.ts';
