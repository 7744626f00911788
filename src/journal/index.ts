/** Takes in what is recorded, durable and in order, until it is projected; refuses to let a reader miss it. */
export { type Beside, type Entry, type Goals, Journal, type JournalProjector } from './sync-journal.ts';
export { RecordBehindError } from './journal.errors.ts';
export { type Column, names, Statement } from './statement.ts';
export { newId } from './new-id.ts';
export { partsOf } from './parts.ts';
export { StepQueue, type Write } from './step-queue.ts';
