/** Positions, feed and streams of events; refuses a position of another epoch. */
export { EventController } from './event.controller.ts';
export { EventFeed } from './event.feed.ts';
export { EventStreams } from './event.streams.ts';
export { checkPositions } from './event-position.check.ts';
