import createFetchClient from 'openapi-fetch';
import createClient from 'openapi-react-query';
import type { components, paths } from './schema.ts';

/** The service's HTTP API, by the types that its own OpenAPI document makes. */
export const http = createFetchClient<paths, 'application/json'>();
export const api = createClient(http);

export type Schemas = components['schemas'];
export type Sync = Schemas['SyncDto'];
export type SyncStatus = Sync['status'];
export type SyncQuery = NonNullable<paths['/api/v1/sync/history']['get']['parameters']['query']>;
