import { setTimeout as wait } from 'node:timers/promises';
import { v4 as uuid } from 'uuid';
import type { ServiceProcess } from './service-process.ts';

/** A deployment of one content type of its own, by whose display name the journal of the platform knows it. */
export interface Deployed {
  deploymentId: string;
  typeKey: string;
  marker: string;
}

/** Several callers who deploy one small content model after another, whatever becomes of the service meanwhile. */
export class Load {
  /** What the service said it had accepted. */
  readonly acknowledged: Deployed[] = [];
  private readonly stopping = new AbortController();
  private readonly callers: Promise<void>[];
  private readonly run = uuid().slice(0, 8);

  /** `service` is asked for each request: it may be another one by then, or none. */
  constructor(
    private readonly service: () => ServiceProcess | undefined,
    callers: number,
  ) {
    this.callers = Array.from({ length: callers }, (_, caller) => this.call(caller));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.callers);
  }

  private async call(caller: number): Promise<void> {
    for (let round = 0; !this.stopping.signal.aborted; round += 1) {
      try {
        await this.deploy(`Type_${this.run}_${caller}_${round}`);
      } catch {
        // Killed, cut or away: the next round meets its successor.
        await wait(30);
      }
    }
  }

  private async deploy(typeKey: string): Promise<void> {
    const service = this.service();
    if (!service) throw new Error('There is no service now');
    const marker = `Marker ${uuid()}`;
    const type = { key: typeKey, baseType: '_component', displayName: marker };
    const { status } = await service.api('PUT', `/content-types/${typeKey}?author=load`, type);
    if (status !== 201) throw new Error(`The version was answered ${status}`);
    const request = { platform: 'optimizely', actor: 'load', reason: marker, items: [{ typeKey }] };
    const answer = await service.api<{ id: string }>('POST', '/deployments', request);
    if (answer.status !== 202) throw new Error(`The deployment was answered ${answer.status}`);
    const deploymentId = answer.body.id;
    this.acknowledged.push({ deploymentId, typeKey, marker });
    for (let hasEnded = false; !hasEnded && !this.stopping.signal.aborted; await wait(20)) {
      const { body } = await service.api<{ completedAt: string | null }>('GET', `/deployments/${deploymentId}`);
      hasEnded = body.completedAt !== null;
    }
  }
}
