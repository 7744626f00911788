import { api } from '../api/client.ts';
import type { Asked } from '../ui/asked.ts';

/** The environments of a platform that are configured or have syncs. */
export function useEnvironments(platform: string): Asked<string[]> {
  const installed = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  const health = api.useQuery('get', '/api/v1/sync/health');
  const error = installed.error ?? health.error;
  const failureReason = installed.failureReason ?? health.failureReason;
  const refetch = () => Promise.all([installed.refetch(), health.refetch()]);
  if (!installed.data || !health.data) return { data: undefined, error, failureReason, refetch };
  const configured = installed.data.items.find(({ name }) => name === platform)?.environments ?? [];
  const used = health.data.items.filter((target) => target.platform === platform);
  const names = [...configured.map(({ name }) => name), ...used.map(({ environment }) => environment)];
  return { data: [...new Set(names)].sort(), error, refetch };
}
