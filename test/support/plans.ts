import type { Api } from './test-app.ts';

export interface PlanView {
  id: string;
  planDigest: string;
  approval: string;
  forced: boolean;
  expired: boolean;
  deploymentId: string | null;
  decidedBy: string | null;
  counts: Record<string, number>;
  items: {
    typeKey: string;
    kind: string;
    action: string;
    versionHash: string | null;
    previousHash: string | null;
    seen: { state: string; versionHash: string | null };
    impact: string | null;
    changes: number | null;
    drift: { changedBy: string | null; expectedHash: string } | null;
    missingReferences: { typeKey: string }[];
    inCircle: boolean;
    newer: object | null;
  }[];
}

/** A stored plan for the sandbox. */
export async function plan(api: Api, request: object = {}): Promise<PlanView> {
  const { status, body } = await api('POST', '/plans', { platform: 'optimizely', actor: 'jane', ...request });
  if (status !== 201) throw new Error(`POST /plans was answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** What a plan does with each item. */
export function actions({ items }: PlanView): Record<string, string> {
  return Object.fromEntries(items.map(({ typeKey, action }) => [typeKey, action]));
}
