import type { JsonObject } from '#json';
import { PlatformRegistry, type SyncAnswer, type SyncItem } from '#platform';
import type { Api, TestApp } from './test-app.ts';

export interface DeploymentView {
  id: string;
  number: string;
  status: string;
  completedAt: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  rollbackOf: string | null;
  reason: string | null;
  forced: boolean;
  progress: { total: number; settled: number; succeeded: number; percent: number; attempt: number };
  items: {
    typeKey: string;
    kind: string;
    status: string;
    errorCode: string | null;
    versionHash: string;
    previousHash: string | null;
    syncId: string | null;
  }[];
}

/** The deployment once it is settled. */
export async function settled(api: Api, id: string): Promise<DeploymentView> {
  for (;;) {
    const deployment: DeploymentView = (await api('GET', `/deployments/${id}`)).body;
    if (deployment.completedAt !== null) return deployment;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Deploys to the sandbox and waits for the end. */
export async function deploy(api: Api, request: object = {}): Promise<DeploymentView> {
  return settled(api, await begin(api, request));
}

/** Deploys to the sandbox and does not wait; answers its id. */
export async function begin(api: Api, request: object = {}): Promise<string> {
  const { status, body } = await api('POST', '/deployments', { platform: 'optimizely', actor: 'jane', ...request });
  if (status !== 202) throw new Error(`POST /deployments was answered ${status}: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

/** Pushes the latest version without a deployment, which would wait for those before it. */
export async function pushBeside({ app, api }: TestApp, typeKey: string): Promise<SyncAnswer> {
  const { body } = await api('GET', `/content-types/${typeKey}?platform=optimizely`);
  const { versionHash, definition } = body as { versionHash: string; definition: JsonObject };
  const context = { environment: 'default', actor: 'ann', trigger: 'API' as const };
  const adapter = app.get(PlatformRegistry).at({ platform: 'optimizely', environment: 'default' });
  return adapter.push({ items: [{ typeKey, versionHash, data: definition }], context });
}

/** Deletes items of Optimizely, in one call. */
export function removeBeside({ app }: TestApp, items: SyncItem[], environment = 'default'): Promise<SyncAnswer> {
  const context = { environment, actor: 'ann', trigger: 'API' as const };
  return app.get(PlatformRegistry).at({ platform: 'optimizely', environment }).remove!({ items, context });
}
