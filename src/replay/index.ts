export { ReplayController } from './replay.controller.ts';
export { SyncReplayer } from './sync.replayer.ts';
