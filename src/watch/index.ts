/** Pulls targets again and again to find drift; refuses to make up a missed time more than once. */
export { type ConfiguredWatch, readWatches } from './configured-watches.ts';
export { WatchModule } from './watch.module.ts';
export { type Watch, Watches } from './watches.ts';
