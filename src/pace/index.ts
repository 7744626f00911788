/** Long work in slices, between which others have their turn; refuses to hold them up for what nobody waits for. */
export { inBackground, noteForeground, restAtMost } from './background.ts';
export { TimeSlice } from './time-slice.ts';
