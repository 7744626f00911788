import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { promisify, styleText } from 'node:util';
import { Child } from './child.ts';
import { CmsControl } from './cms-control.ts';
import type { Progress } from './progress.ts';
import { ServiceApi } from './service-api.ts';

const PROGRAMS = join(import.meta.dirname, '../src');
const HOST = '127.0.0.1';
const DEFAULT_PORT = 3000;
const READY_TIMEOUT_MS = 2_000;
/** Never the database, the CMS or the settings that the user's own service has. */
const NOT_OURS = /^(DATABASE_URL|OPTIMIZELY_CMS_.*|RETRY_.*|SHUTDOWN_GRACE_MS|HOST)$/;

/** What the demo plays on: the simulated CMS, and the service with its embedded database. */
export class Stage {
  private readonly children: Child[] = [];
  private readonly dataDir = resolve(process.env.DATA_DIR || '.data', 'demo');

  constructor(
    private readonly stop: AbortController,
    private readonly progress: Progress,
  ) {}

  get logs(): string[] {
    return this.children.map(({ logFile }) => logFile);
  }

  /** Starts both and waits until they answer. Throws `ChildError`, and the reason of the stop. */
  async set(): Promise<{ service: ServiceApi; cms: CmsControl }> {
    mkdirSync(this.dataDir, { recursive: true });
    const cmsUrl = await this.progress.run('Simulated Optimizely CMS', () => this.startCms());
    const port = await this.servicePort();
    const serviceUrl = await this.progress.run('SyncTrail with its own PostgreSQL', () =>
      this.startService(cmsUrl, port),
    );
    return {
      service: new ServiceApi(serviceUrl, this.stop.signal),
      cms: new CmsControl(cmsUrl, this.stop.signal),
    };
  }

  /** Rejects with the reason of the stop. */
  async untilStopped(): Promise<never> {
    const { signal } = this.stop;
    if (!signal.aborted) await once(signal, 'abort');
    throw signal.reason;
  }

  /** Stops whatever runs, the last first; may be called when the stage was never set. */
  async clear(): Promise<void> {
    if (this.children.length === 0) return;
    await this.progress.run('Everything is stopped', async () => {
      for (const child of this.children.toReversed()) await child.stop();
      return 'the history stays in ' + relative('.', this.dataDir);
    });
  }

  private async startCms(): Promise<string> {
    const child = this.start('sandbox', ['optimizely/sandbox/serve.js', '--port', '0'], {});
    return child.until(() => Promise.resolve(/ on (http:\S+)/.exec(child.log())?.[1]), this.stop.signal);
  }

  private async startService(cmsUrl: string, port: number): Promise<string> {
    const url = `http://${HOST}:${port}`;
    const child = this.start('service', ['main.js'], {
      HOST,
      PORT: String(port),
      DATA_DIR: this.dataDir,
      LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
      OPTIMIZELY_CMS_CLIENT_ID: 'demo-client',
      OPTIMIZELY_CMS_CLIENT_SECRET: 'demo-secret',
      OPTIMIZELY_CMS_API_URL: cmsUrl,
    });
    const ready = async () => {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).catch(
        () => null,
      );
      return answer?.ok ? url : undefined;
    };
    return child.until(ready, this.stop.signal);
  }

  private start(name: string, [program, ...args]: string[], settings: NodeJS.ProcessEnv): Child {
    const kept = Object.entries(process.env).filter(([variable]) => !NOT_OURS.test(variable));
    const command = [join(PROGRAMS, program!), ...args];
    const env = { ...Object.fromEntries(kept), ...settings };
    const child = new Child(`The ${name}`, command, env, join(this.dataDir, `${name}.log`));
    child.onUnexpectedEnd((error) => this.stop.abort(error));
    this.children.push(child);
    return child;
  }

  private async servicePort(): Promise<number> {
    const wanted = Number(process.env.PORT || DEFAULT_PORT);
    const port = await listenable(wanted).catch(() => undefined);
    if (port !== undefined) return port;
    const free = await listenable(0);
    console.log(
      styleText(
        'yellow',
        `  Port ${process.env.PORT || DEFAULT_PORT} cannot be had, so ${free} it is; PORT=… chooses another.`,
      ),
    );
    return free;
  }
}

/** The port, if one may listen there; 0 becomes a free one. */
async function listenable(port: number): Promise<number> {
  const probe = createServer();
  await once(probe.listen(port, HOST), 'listening');
  const address = probe.address();
  await promisify(probe.close.bind(probe))();
  return typeof address === 'object' && address ? address.port : port;
}
