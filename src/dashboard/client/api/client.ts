import createClient from 'openapi-react-query';
import { createSyncTrailClient, type Paths, type Schemas } from '#client';

/** The API of the service that serves this page. */
export const http = createSyncTrailClient({ baseUrl: '' });
export const api = createClient(http);

/** Fired when the service says that nobody is signed in any more. */
export const SIGNED_OUT = 'synctrail:signed-out';

http.use({
  onRequest: ({ request }) => request.headers.set('x-client', 'ui'),
  onResponse: ({ response }) => {
    if (response.status === 401) globalThis.dispatchEvent(new Event(SIGNED_OUT));
  },
});

export type { Schemas };
export type Sync = Schemas['SyncDto'];
export type SyncStatus = Sync['status'];
export type SyncQuery = NonNullable<Paths['/api/v1/sync/history']['get']['parameters']['query']>;
export type AccessQuery = NonNullable<Paths['/api/v1/access-log']['get']['parameters']['query']>;
