/** The typed client of the HTTP API, for programs of others, the command line and the dashboard; refuses answers that are not the service's. */
export { createSyncTrailClient, type SyncTrailClient, type SyncTrailClientOptions } from './synctrail.client.ts';
export { ForeignAnswerError } from './foreign-answer.error.ts';
export { type Paths, type Problem, type Schemas } from './api-types.ts';
