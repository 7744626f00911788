/** Reads requests into typed objects; refuses unknown members, wrong types and lists that are too long. */
export { EARLIEST, LATEST, readTimestamp, Timestamp } from './timestamp.decorator.ts';
export { MAX_PROBLEMS, ProblemList } from './problem-list.ts';
export { MayBeLeftOut, MayBeNull, Nested, OneOrMany, ReadBy, TrueOrFalse, WholeNumber } from './input.decorators.ts';
export { RequestValidation } from './request-validation.ts';
export { ForeignText, Name, nameProblem, Text, textProblem, VisibleForeignText } from './text.decorator.ts';
export { assertNone, InvalidRequestError } from './invalid-request.error.ts';
export { readDto } from './read-dto.ts';
