import { AsyncLocalStorage } from 'node:async_hooks';
import type { RecordedCaller } from '#platform';
import { type Principal, principalText } from './principal.ts';
import type { Scope } from './scopes.ts';

/** Who makes a request: the principal is proven, the rest are claims. */
export interface Caller {
  principal?: Principal;
  /** Asks again whether the caller may come in, for what stays open. Throws `UnauthenticatedError`. */
  renew?: () => Promise<unknown>;
  /** What the route of the request needs. */
  scope?: Scope;
  /** Address that the request comes from. */
  address?: string;
  /** Id of the operation in the API. */
  operation?: string;
  /** Program of the caller: `ui`, `cli`, or a name of its own. */
  client?: string;
  /** User or system that the principal acts for. */
  onBehalfOf?: string;
}

const callers = new AsyncLocalStorage<Caller>();

/** The caller of the request that is being answered; nobody in what the service does by itself. */
export function currentCaller(): Caller {
  return callers.getStore() ?? {};
}

/** The same, as the record keeps it. Work that goes on after the answer takes it along. */
export function recordedCaller(): RecordedCaller {
  const { principal, client, onBehalfOf } = currentCaller();
  return { principal: principal && principalText(principal), client, onBehalfOf };
}

/** Runs a function for a caller, with everything that it starts. */
export function asCaller<T>(caller: Caller, run: () => T): T {
  return callers.run(caller, run);
}
