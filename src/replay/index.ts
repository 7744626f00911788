/** Sends recorded content again; refuses what would not be the same bytes. */
export { ReplayController } from './replay.controller.ts';
export { SyncReplayer } from './sync.replayer.ts';
