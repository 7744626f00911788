import { useLocation } from 'wouter';
import { api } from '../api/client.ts';

/** Makes a plan, and shows it. */
export function useNewPlan() {
  const [, go] = useLocation();
  return api.useMutation('post', '/api/v1/plans', { onSuccess: ({ id }) => go(`/plans/${id}`) });
}
