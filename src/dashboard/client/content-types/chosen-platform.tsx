import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { api } from '../api/client.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';

interface Platform {
  platform: string;
  installed: string[];
  choose: (platform: string) => void;
}

/** The platform that a page is about: the one that the address names, else the first that is installed. */
export function ChosenPlatform({ children }: { children: (chosen: Platform) => ReactNode }) {
  const [params, setParams] = useSearchParams();
  const asked = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  return (
    <Loaded of={asked} loading={<PageSkeleton />}>
      {({ items }) => {
        const installed = items.map(({ name }) => name);
        const platform = params.get('platform') ?? installed[0];
        if (platform === undefined) {
          return <EmptyState title="No platform is configured">See docs/configuration.md.</EmptyState>;
        }
        return children({ platform, installed, choose: (name) => setParams({ platform: name }) });
      }}
    </Loaded>
  );
}
