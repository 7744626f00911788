/** Makes history, events, snapshots and versions of the journal; refuses to make anything of a step twice. */
export { HistoryRebuilder, type RebuiltHistory } from './history.rebuilder.ts';
export { Projector } from './projector.ts';
export { checkJournal } from './journal.check.ts';
export { checkOwners, checkSyncs } from './sync.check.ts';
