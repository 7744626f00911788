/** What stands where, since when and by which evidence; refuses an answer that is out of date. */
export { isDrift, LIVE_STATES, type LiveState } from './live-state.ts';
export type { LiveItem } from './live.fold.ts';
export { LiveStateBehindError, LiveStateIncompleteError } from './live.errors.ts';
export { LiveProjector } from './live.projector.ts';
export { LiveReader } from './live.reader.ts';
export { LiveController } from './live.controller.ts';
export { listAddress, type OutOfSync, type QuestionableItem } from './out-of-sync.ts';
export { type ComparedItem, type Comparison, type ModelItem, type OtherSide, TargetModel } from './target-model.ts';
export { TargetExport } from './target-export.ts';
export { checkLiveState } from './live.check.ts';
