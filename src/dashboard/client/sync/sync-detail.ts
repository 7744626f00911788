import type { Schemas } from '../api/client.ts';

/** A sync as its page shows it. */
export type SyncDetail = Schemas['SyncDetailDto'];
