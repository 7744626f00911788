/** Reads requests into typed objects; refuses unknown members, wrong types and lists that are too long. */
export { type DateOrDay, isDateOrDay, momentIn, readDateOrDay, TimestampOrDay } from './day.ts';
export { EARLIEST, LATEST, Timestamp } from './timestamp.decorator.ts';
export { MAX_PROBLEMS, ProblemList } from './problem-list.ts';
export { MayBeLeftOut, MayBeNull, Nested, OneOrMany, ReadBy, TrueOrFalse, WholeNumber } from './input.decorators.ts';
export { RequestValidation } from './request-validation.ts';
export { ForeignText, Name, nameProblem, Text, textProblem, VisibleForeignText } from './text.decorator.ts';
export { assertNone, InvalidRequestError } from './invalid-request.error.ts';
export { readDto } from './read-dto.ts';
export { UnknownTimeZoneError } from './unknown-time-zone.error.ts';
export { assertTimeZone, clockRuns } from './zone-clock.ts';
