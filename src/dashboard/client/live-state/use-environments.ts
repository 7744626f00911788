import { api } from '../api/client.ts';

/** The environments of a platform that are configured or have syncs; undefined while they are not loaded. */
export function useEnvironments(platform: string | undefined): { environments: string[] | undefined; error: unknown } {
  const installed = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  const health = api.useQuery('get', '/api/v1/sync/health');
  const error = installed.error ?? health.error;
  if (!installed.data || !health.data) return { environments: undefined, error };
  const configured = installed.data.items.find(({ name }) => name === platform)?.environments ?? [];
  const used = health.data.items.filter((target) => target.platform === platform);
  return {
    environments: [
      ...new Set([...configured.map(({ name }) => name), ...used.map(({ environment }) => environment)]),
    ].sort(),
    error,
  };
}
