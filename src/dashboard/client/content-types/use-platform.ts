import { useSearchParams } from 'wouter';
import { api } from '../api/client.ts';

/** The platform that the address names, else the first that is installed; undefined while that is not known. */
export function usePlatform(): {
  platform: string | undefined;
  installed: string[];
  choose: (platform: string) => void;
} {
  const [params, setParams] = useSearchParams();
  const { data } = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  const installed = (data?.items ?? []).map(({ name }) => name);
  return {
    platform: params.get('platform') ?? installed[0],
    installed,
    choose: (platform) => setParams({ platform }),
  };
}
