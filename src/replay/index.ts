/** Sends recorded content again; refuses what would not be the same bytes. */
export { ReplayController } from './replay.controller.ts';
export { ReplayPlanner } from './replay.planner.ts';
export { SyncReplayer } from './sync.replayer.ts';
