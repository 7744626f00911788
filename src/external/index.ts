/** Syncs that other systems run; refuses to change a sync of this service. */
export { ExternalReferences } from './external.references.ts';
export { ExternalSyncController } from './external.controller.ts';
export { ExternalSyncService } from './external.service.ts';
