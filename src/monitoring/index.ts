/** Metrics, probes and the last answers before a stop; refuses an unbounded number of labels. */
export { MonitoringModule } from './monitoring.module.ts';
