import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, type Schemas, type SyncStatus } from '../api/client.ts';
import { useConnection, useRefreshOn } from '../live/use-live.ts';

const POLL_MS = 2_000;

/**
 * The status of a sync while it is in progress: by its events, or asked for every 2 s where there is no stream. The browser
 * sends the `ETag` of the last answer along. When it changes, the sync in full is asked for again.
 */
export function useSyncStatus(syncId: string, known: SyncStatus | undefined): Schemas['SyncStatusDto'] | undefined {
  const isOpen = known === 'IN_PROGRESS';
  const isLive = useConnection() === 'live';
  const queries = useQueryClient();
  const { data } = api.useQuery(
    'get',
    '/api/v1/sync/{syncId}/status',
    { params: { path: { syncId } } },
    { enabled: isOpen, refetchInterval: isLive ? false : POLL_MS },
  );
  useRefreshOn(['get', '/api/v1/sync/{syncId}/status'], ({ sync }) => isOpen && sync?.id === syncId);
  const changed = data && `${data.status} ${data.attempt}`;
  useEffect(() => {
    if (changed) void queries.invalidateQueries({ queryKey: ['get', '/api/v1/sync/{syncId}'] });
  }, [changed, queries]);
  return isOpen ? data : undefined;
}
