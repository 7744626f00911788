/** Who read, exported, managed, signed in and was refused, append-only and in order; refuses an answer that it cannot write down. */
export type { AccessAction, AccessEntry } from './access-event.ts';
export { AccessLog } from './access-log.ts';
export { AccessLogController } from './access-log.controller.ts';
export { AccessLogReader } from './access-log.reader.ts';
export { AccessNotRecordedError } from './access-log.errors.ts';
export { noteAccess } from './access-note.ts';
export { checkAccessPositions } from './access-position.check.ts';
export { Denials, markSignIn } from './denials.ts';
export { Logged } from './logged.decorator.ts';
export { LoggedRouteCheck } from './logged-route.check.ts';
export { OLD_EVENTS } from './old-events.ts';
