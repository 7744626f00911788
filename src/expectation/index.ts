/** Syncs that have to succeed by a time, again and again, and whether they did; refuses to change a check except from missed to late. */
export { ExpectationModule } from './expectation.module.ts';
export { unmetCause } from './unmet-text.ts';
export { UnmetReader, type UnmetExpectation } from './unmet.reader.ts';
