/** Drops payloads and months after their time; refuses to drop what a version still names. */
export { Retention, type RetentionReport } from './retention.ts';
export type { OldRows } from './old-rows.ts';
