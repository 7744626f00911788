export { Retention, type RetentionReport } from './retention.ts';
