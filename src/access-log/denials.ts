import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  type AccessRequest,
  claimed,
  clientOf,
  deniedTarget,
  principalText,
  Routes,
  UnauthenticatedError,
} from '#access';
import type { ProblemObserver } from '#problems';
import { addressOf, ipOf } from '#rate-limit';
import { Schedule } from '#schedule';
import type { AccessCaller, AccessEntry } from './access-event.ts';
import { AccessLog } from './access-log.ts';
import { DenialFold } from './denial-fold.ts';

/** Time in which the denials of one caller with one code are one event, and one more with the number of the others. */
const FOLDED_MS = 60_000;
/** Callers and codes in that time, of principals and of addresses; the others are counted together. */
const MAX_PRINCIPALS = 1_000;
const MAX_ADDRESSES = 100;

/** A request that was refused; of the HTTP server underneath, whatever it is. */
interface DeniedRequest extends AccessRequest {
  method: string;
  params?: unknown;
  routeOptions?: { url?: string };
  deniedAs?: 'session.refused';
}

interface Denial {
  entry: AccessEntry;
  caller: AccessCaller;
}

/** Says that a request is a sign-in, so that a denial of it is one of a sign-in. */
export function markSignIn(request: object): void {
  Object.assign(request, { deniedAs: 'session.refused' } satisfies Partial<DeniedRequest>);
}

/** Writes denials into the access log, folded, so that who is not let in cannot fill the disk. */
@Injectable()
export class Denials implements ProblemObserver, OnApplicationBootstrap {
  private readonly ofPrincipals = new DenialFold<Denial>(MAX_PRINCIPALS, FOLDED_MS);
  private readonly ofAddresses = new DenialFold<Denial>(MAX_ADDRESSES, FOLDED_MS);
  /** Operations by method and pattern of the address. */
  private operations = new Map<string, string>();

  constructor(
    private readonly log: AccessLog,
    private readonly routes: Routes,
    schedule: Schedule,
  ) {
    schedule.add('access-log.count', () => Promise.resolve(this.write()), { last: () => this.finish() });
  }

  onApplicationBootstrap(): void {
    this.operations = new Map(
      this.routes
        .all()
        .flatMap(({ method, paths, operation }) => paths.map((path) => [`${method} ${path}`, operation])),
    );
  }

  /** Every 401 and 403 is a denial, and so are a wrong key too many and a target that a caller is not to learn of. */
  answered(error: unknown, { status, code }: { status: number; code: string }, request: DeniedRequest): void {
    const target = deniedTarget(error);
    const isWrongKey = (error as Error | undefined)?.cause instanceof UnauthenticatedError;
    if (status === 401 || status === 403 || target || isWrongKey) this.add(error, { status, code, target }, request);
  }

  private add(
    error: unknown,
    { status, code, target }: Pick<AccessEntry, 'status' | 'code' | 'target'>,
    request: DeniedRequest,
  ): void {
    const { principal, body, headers, deniedAs: action = 'access.denied' } = request;
    const who = principal && { principal: principalText(principal), actor: principal.name };
    const caller: AccessCaller = { ...who, address: ipOf(request), operation: this.operationOf(request) };
    const folds = principal ? this.ofPrincipals : this.ofAddresses;
    const kind = JSON.stringify([who?.principal ?? addressOf(request), action, status, code]);
    const shared: AccessEntry = { action, status, code };
    const more = principal ? { client: clientOf(headers), onBehalfOf: textOf(claimed(body ?? {}, principal)) } : {};
    const denial: Denial = {
      entry: { ...shared, target, subject: subjectOf(error, request) },
      caller: { ...caller, ...more },
    };
    const first = folds.add(kind, denial, { entry: { action: 'access.denied', status, code }, caller: {} });
    if (first) this.log.appendLater(first.entry, first.caller);
  }

  /** Writes how many came after the first ones. */
  private write(all = false): void {
    for (const fold of [this.ofPrincipals, this.ofAddresses]) {
      for (const { denial, others } of fold.take(all)) {
        const { action, status, code } = denial.entry;
        const { principal, actor, address } = denial.caller;
        this.log.appendLater({ action, status, code, count: others }, { principal, actor, address });
      }
    }
  }

  private finish(): Promise<void> {
    this.write(true);
    return this.log.settled();
  }

  /** Who is refused before a route is asked is refused at a route all the same. */
  private operationOf({ operation, method, routeOptions }: DeniedRequest): string | undefined {
    if (operation !== undefined) return operation;
    const pattern = routeOptions?.url?.replace(/^\/api\/v\d+\//, '').replace(/^\//, '');
    return pattern === undefined ? undefined : this.operations.get(`${method} ${pattern}`);
  }
}

/** The key that is not valid any more, or what somebody who is known has asked for. */
function subjectOf(error: unknown, { principal, params }: DeniedRequest): string | undefined {
  if (error instanceof UnauthenticatedError) return error.keyId;
  return principal ? textOf(Object.values(params ?? {})[0]) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
