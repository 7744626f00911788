import { JsonHttp } from './json-http.ts';

export type Status = 'IN_PROGRESS' | 'SUCCESS' | 'FAILED' | 'PARTIAL';

export interface TypeRef {
  kind: string;
  typeKey: string;
}

export interface Version extends TypeRef {
  versionHash: string;
  created: boolean;
}

export interface DeploymentRequest {
  actor: string;
  reason: string;
  items?: TypeRef[];
  force?: boolean;
}

export interface RollbackRequest extends Omit<DeploymentRequest, 'items'> {
  includeNewer?: boolean;
}

export interface Deployment {
  id: string;
  status: Status;
  rollbackOf: string | null;
  progress: { total: number; succeeded: number; attempt: number };
  items: (TypeRef & { syncId: string | null; status: Status; errorCode: string | null })[];
}

export interface Plan {
  items: (TypeRef & { impact: string })[];
}

export interface PullResult {
  callId: string;
  differences: number;
  items: (TypeRef & { state: string; syncId: string | null; latestHash: string | null })[];
}

export interface Sync extends TypeRef {
  id: string;
  callId: string;
  versionHash: string | null;
  direction: 'PUSH' | 'PULL';
  status: Status;
  /** How the effect of a push is known: `OBSERVED` where the platform was read back. */
  evidence: string | null;
  errorCode: string | null;
  retryCount: number;
  deploymentId: string | null;
  trigger: string;
  actor: string;
  reason: string | null;
  forced: boolean;
  startedAt: string;
}

/** A try that failed. */
export interface FailedAttempt {
  attempt: number;
  statusCode?: number;
  errorCode: string;
  /** How long it was waited before the next; absent when there was none. */
  waitMs?: number;
}

interface SyncDetail extends Sync {
  /** Of `attempt.failed`; other events have other data. */
  events: { type: string; data: FailedAttempt; createdAt: string }[];
}

interface Page<T> {
  items: T[];
  next: string | null;
}

interface Comparison {
  added: { path: string }[];
  modified: { path: string }[];
  removed: { path: string }[];
}

const PLATFORM = 'optimizely';

/** The public API of SyncTrail, as any client sees it. */
export class ServiceApi {
  private readonly http: JsonHttp;

  constructor(
    readonly url: string,
    signal: AbortSignal,
  ) {
    this.http = new JsonHttp(`${url}/api/v1`, signal);
  }

  importManifest(manifest: object, author: string, message: string): Promise<{ items: Version[]; created: number }> {
    const query = new URLSearchParams({ author, message });
    return this.http.request('POST', `/content-types/import?${query.toString()}`, manifest);
  }

  plan(request: DeploymentRequest): Promise<Plan> {
    return this.http.request('POST', '/deployments?dryRun=true', { platform: PLATFORM, ...request });
  }

  deploy(request: DeploymentRequest): Promise<{ id: string }> {
    return this.http.request('POST', '/deployments', { platform: PLATFORM, ...request });
  }

  rollBack(id: string, request: RollbackRequest): Promise<{ id: string }> {
    return this.http.request('POST', `/deployments/${id}/rollback`, request);
  }

  deployment(id: string): Promise<Deployment> {
    return this.http.request('GET', `/deployments/${id}`);
  }

  pull(actor: string, reason: string): Promise<PullResult> {
    return this.http.request('POST', `/platforms/${PLATFORM}/pull`, { actor, reason });
  }

  adopt(request: DeploymentRequest): Promise<{ adopted: { typeKey: string; number: number }[] }> {
    return this.http.request('POST', `/platforms/${PLATFORM}/adopt`, request);
  }

  compare(syncId: string, against: string): Promise<Comparison> {
    return this.http.request('GET', `/sync/${syncId}/diff?against=${against}`);
  }

  /** Oldest first. */
  async historySince(startDate: Date): Promise<Sync[]> {
    const syncs: Sync[] = [];
    const query = new URLSearchParams({ startDate: startDate.toISOString(), limit: '100' });
    for (let next: string | null = ''; next !== null;) {
      if (next) query.set('cursor', next);
      const page: Page<Sync> = await this.http.request('GET', `/sync/history?${query.toString()}`);
      syncs.unshift(...page.items.toReversed());
      next = page.next;
    }
    return syncs;
  }

  sync(id: string): Promise<Sync> {
    return this.http.request('GET', `/sync/${id}`);
  }

  async failedAttempts(syncId: string): Promise<(FailedAttempt & { at: Date })[]> {
    const { events } = await this.http.request<SyncDetail>('GET', `/sync/${syncId}`);
    return events
      .filter(({ type }) => type === 'attempt.failed')
      .map(({ data, createdAt }) => ({ ...data, at: new Date(createdAt) }));
  }
}
