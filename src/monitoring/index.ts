/** Metrics and probes; refuses an unbounded number of labels. */
export { MonitoringModule } from './monitoring.module.ts';
