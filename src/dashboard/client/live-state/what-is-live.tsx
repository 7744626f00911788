import { Text } from '@mantine/core';
import { api } from '../api/client.ts';
import type { TypeRef } from '../content-types/type-path.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { LiveTable } from './live-table.tsx';
import { Loading } from '../ui/loading.tsx';

/** The targets that have a content type, those that do not have it any more, and those where that is unknown. */
export function WhatIsLive({ type, latestHash }: { type: TypeRef; latestHash: string | undefined }) {
  const { platform, kind, typeKey } = type;
  const { data, error, refetch } = api.useQuery('get', '/api/v1/content-types/{typeKey}/where', {
    params: { path: { typeKey }, query: { platform, kind } },
  });
  useRefreshOn(
    ['get', '/api/v1/content-types/{typeKey}/where'],
    ({ type: event, sync }) => event !== 'attempt.failed' && sync?.typeKey === typeKey,
  );
  const failure = error && <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (!data) return failure ?? <Loading height={120} />;
  const items = [...data.items, ...data.absent, ...data.unknown];
  if (items.length === 0 && !failure) {
    return <Text size="sm">No target is known to have or have had it: no push was applied, and no pull saw it.</Text>;
  }
  return (
    <>
      {failure}
      <LiveTable items={items} of="targets" latestHash={latestHash} />
    </>
  );
}
