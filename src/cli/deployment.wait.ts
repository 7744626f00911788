import { setTimeout as wait } from 'node:timers/promises';
import { CliError, mayPass } from './cli.errors.ts';
import { type DeploymentDetail, deploymentPath } from './deployment.text.ts';
import { note } from './output.ts';
import { ProgressBar } from './progress-bar.ts';
import type { ServiceClient } from './service.client.ts';

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 1_000;
/** How long the service may be away, such as for a restart. */
const AWAY_MS = 120_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Waits until a deployment ends, by its id or number, and shows its progress. Ctrl-C ends the command, and not the deployment. */
export async function whenEnded(service: ServiceClient, id: string, minutes: number): Promise<DeploymentDetail> {
  const bar = new ProgressBar();
  const release = explainSignals(id, bar);
  try {
    return await polled(service, id, { minutes, bar });
  } finally {
    bar.end();
    release();
  }
}

async function polled(
  service: ServiceClient,
  id: string,
  { minutes, bar }: { minutes: number; bar: ProgressBar },
): Promise<DeploymentDetail> {
  const deadline = performance.now() + minutes * 60_000;
  let answeredAt = performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, MAX_PAUSE_MS)) {
    try {
      const deployment = await service.get<DeploymentDetail>(deploymentPath(id));
      answeredAt = performance.now();
      bar.show(deployment.progress);
      if (deployment.completedAt !== null) return deployment;
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (performance.now() > answeredAt + AWAY_MS) throw new CliError(`${(error as Error).message} ${wayOn(id)}`);
      bar.say(`The service does not answer. It is asked again for ${AWAY_MS / 60_000} minutes.`);
    }
    if (performance.now() > deadline) {
      throw new CliError(`The deployment ${id} has not ended within ${minutes} minutes. ${wayOn(id)}`);
    }
    await wait(pauseMs);
  }
}

/** Returns the function that ends this. */
function explainSignals(id: string, bar: ProgressBar): () => void {
  const explain = (signal: NodeJS.Signals) => {
    bar.end();
    note(`The deployment ${id} goes on. ${wayOn(id)}`);
    process.exit(SIGNALS[signal as keyof typeof SIGNALS]);
  };
  for (const signal of Object.keys(SIGNALS)) process.once(signal, explain);
  return () => {
    for (const signal of Object.keys(SIGNALS)) process.off(signal, explain);
  };
}

function wayOn(id: string): string {
  return `Look at it with: synctrail watch ${id}`;
}
