import { useQueryClient } from '@tanstack/react-query';
import { api, type Schemas } from '../api/client.ts';

/** Who is signed in, as soon as the service says so. */
export function useSession(): Schemas['SessionDto'] | undefined {
  return useSessionQuery().data;
}

export function useSessionQuery() {
  return api.useQuery('get', '/api/v1/session', {}, { staleTime: Infinity });
}

/** Ends the session here, and at the issuer where it began there. */
export function useSignOut(): { start: () => void; isPending: boolean } {
  const queries = useQueryClient();
  const url = useSession()?.signOutUrl;
  const { mutate, isPending } = api.useMutation('delete', '/api/v1/session', {
    onSuccess: () => {
      if (url) location.assign(url);
      // Nothing of what was read stays in the page.
      else void queries.resetQueries();
    },
  });
  return { start: () => mutate({}), isPending };
}

/** Tells whether the user of this browser has a scope, at some target at least. */
export function useMaySee(): (scope: string) => boolean {
  const session = useSession();
  const scopes = new Set(session?.grants.map((grant) => grant.split('@', 1)[0]));
  return (scope) => session?.access === 'open' || scopes.has('admin') || scopes.has(scope);
}
