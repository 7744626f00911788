/** Metadata of a method that is recorded: its direction. */
export const TRACK_SYNC = Symbol('track-sync');
/** Metadata of a method that is not recorded: the reason. */
export const NO_SYNC_RECORD = Symbol('no-sync-record');
