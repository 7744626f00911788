/** What a recorded method does: a removal is a push that deletes its items. */
export type TrackedKind = { direction: 'PUSH'; removes?: boolean } | { direction: 'PULL'; removes?: false };

/** Metadata of a method that is recorded: its {@link TrackedKind}. */
export const TRACK_SYNC = Symbol('track-sync');
/** Metadata of a method that is not recorded: the reason. */
export const NO_SYNC_RECORD = Symbol('no-sync-record');
