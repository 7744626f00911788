import { Migration0001Snapshot } from './Migration0001Snapshot.ts';
import { Migration0002Versioning } from './Migration0002Versioning.ts';
import { Migration0003Tracking } from './Migration0003Tracking.ts';
import { Migration0004Deployment } from './Migration0004Deployment.ts';

/** What recording needs: snapshots, versions, syncs. */
export const recordingMigrations = [Migration0001Snapshot, Migration0002Versioning, Migration0003Tracking];

/** Everything the service needs, in order. */
export const migrations = [...recordingMigrations, Migration0004Deployment];
