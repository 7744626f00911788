import { JsonHttp } from './json-http.ts';

export type Status = 'QUEUED' | 'IN_PROGRESS' | 'SUCCESS' | 'FAILED' | 'PARTIAL' | 'CANCELLED' | 'NOT_SENT';

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

/** What is to stand at an environment; without items and source, the whole catalogue. */
export interface PlanRequest {
  actor: string;
  reason: string;
  environment: string;
  items?: TypeRef[];
  fromEnvironment?: string;
}

export interface PlannedDeployment {
  planId: string;
  actor: string;
  onDrift?: 'stop' | 'overwrite' | 'skip';
}

export interface RollbackRequest extends Omit<DeploymentRequest, 'items'> {
  includeNewer?: boolean;
}

export interface Deployment {
  id: string;
  status: Status;
  completedAt: string | null;
  rollbackOf: string | null;
  promotedFrom: string | null;
  environment: string;
  progress: { total: number; succeeded: number; attempt: number };
  items: (TypeRef & { syncId: string | null; status: Status; errorCode: string | null; verification: string | null })[];
}

export interface Draft {
  items: (TypeRef & { impact: string })[];
}

export interface Plan {
  id: string;
  approval: string;
  decidedBy: string | null;
  counts: { create: number; update: number; delete: number; unchanged: number; breaking: number; drift: number };
  items: (TypeRef & { action: string; drift: { changedBy: string | null } | null })[];
}

/** Body of a refusal; `items` of `PLAN_STALE`. */
export interface Problem {
  code: string;
  items?: (TypeRef & { moved: string; changedBy: string | null })[];
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

interface TargetComparison {
  same: number;
  different: number;
  onlyHere: number;
  onlyThere: number;
  unknown: number;
}

interface Comparison {
  added: { path: string }[];
  modified: { path: string }[];
  removed: { path: string }[];
}

const PLATFORM = 'optimizely';
/** The environment in which the team works. */
export const STAGING = 'staging';
/** The environment that visitors see; its plans need a second person. */
export const LIVE = 'default';

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

  /** What a deployment would change as far as the record knows. */
  draft(request: DeploymentRequest): Promise<Draft> {
    return this.http.request('POST', '/deployments?dryRun=true', {
      platform: PLATFORM,
      environment: STAGING,
      ...request,
    });
  }

  plan(request: PlanRequest): Promise<Plan> {
    return this.http.request('POST', '/plans', { platform: PLATFORM, ...request });
  }

  approve(planId: string, decision: { actor: string; reason: string }): Promise<Plan> {
    return this.http.request('POST', `/plans/${planId}/approve`, decision);
  }

  deployPlan(request: PlannedDeployment): Promise<{ id: string }> {
    return this.http.request('POST', '/deployments', request);
  }

  deploy(request: DeploymentRequest): Promise<{ id: string }> {
    return this.http.request('POST', '/deployments', { platform: PLATFORM, environment: STAGING, ...request });
  }

  rollBack(id: string, request: RollbackRequest): Promise<{ id: string }> {
    return this.http.request('POST', `/deployments/${id}/rollback`, request);
  }

  cancel(id: string, request: { actor: string; reason: string }): Promise<unknown> {
    return this.http.request('POST', `/deployments/${id}/cancel`, request);
  }

  /** Those that wait or run. */
  async openDeployments(): Promise<{ id: string }[]> {
    const pages = ['QUEUED', 'IN_PROGRESS'].map((status) =>
      this.http.request<Page<{ id: string }>>('GET', `/deployments?status=${status}&limit=100`),
    );
    return (await Promise.all(pages)).flatMap(({ items }) => items);
  }

  deployment(id: string): Promise<Deployment> {
    return this.http.request('GET', `/deployments/${id}`);
  }

  pull(actor: string, reason: string): Promise<PullResult> {
    return this.http.request('POST', `/platforms/${PLATFORM}/pull`, { environment: STAGING, actor, reason });
  }

  adopt(request: DeploymentRequest): Promise<{ adopted: { typeKey: string; number: number }[] }> {
    return this.http.request('POST', `/platforms/${PLATFORM}/adopt`, { environment: STAGING, ...request });
  }

  compare(syncId: string, against: string): Promise<Comparison> {
    return this.http.request('GET', `/sync/${syncId}/diff?against=${against}`);
  }

  /** How the live state of one environment differs from that of another. */
  compareTargets(environment: string, otherEnvironment: string): Promise<TargetComparison> {
    const query = new URLSearchParams({ platform: PLATFORM, environment, otherEnvironment });
    return this.http.request('GET', `/live/compare?${query.toString()}`);
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
