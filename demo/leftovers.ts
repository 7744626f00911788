import { setTimeout as wait } from 'node:timers/promises';
import type { CmsControl } from './cms-control.ts';
import { RefusedError } from './json-http.ts';
import type { Progress } from './progress.ts';
import type { ServiceApi } from './service-api.ts';

const POLL_MS = 100;
const TIMEOUT_MS = 60_000;

/** The service goes on with the deployments of a run that was stopped. They are ended, and the CMS is as new again. */
export async function endLeftovers(service: ServiceApi, cms: CmsControl, progress: Progress): Promise<void> {
  const left = await service.openDeployments();
  if (left.length === 0) return;
  await progress.run('Deployments of an earlier run', async () => {
    const deadline = performance.now() + TIMEOUT_MS;
    for (let open = left; open.length > 0; open = await service.openDeployments()) {
      if (performance.now() > deadline) throw new Error(`Deployment ${open[0]!.id} did not end when it was cancelled.`);
      await Promise.all(open.map(({ id }) => cancelled(service, id)));
      await wait(POLL_MS);
    }
    await cms.reset();
    return `${left.length} cancelled`;
  });
}

/** One that has ended meanwhile is as good. */
async function cancelled(service: ServiceApi, id: string): Promise<void> {
  await service.cancel(id, { actor: 'demo', reason: 'The run of the demo was stopped' }).catch((error: unknown) => {
    if (!(error instanceof RefusedError) || error.status !== 409) throw error;
  });
}
