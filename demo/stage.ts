import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { promisify, styleText } from 'node:util';
import { Child } from './child.ts';
import { CmsControl } from './cms-control.ts';
import type { Progress } from './progress.ts';
import { LIVE, ServiceApi } from './service-api.ts';

const PROGRAMS = join(import.meta.dirname, '../src');
const HOST = '127.0.0.1';
const DEFAULT_PORT = 3000;
const READY_TIMEOUT_MS = 2_000;
/** Silence after which a killed service counts as dead, and the next one goes on with its work. */
const LEASE_MS = 3_000;
/** An outage is looked into for so long before the demo goes on. */
const READ_BACK_MS = 3_000;
const STAGING_CLIENT = 'staging-client';
const STAGING_SECRET = 'staging-secret';
/** Never the database, the CMS or the settings that the user's own service has. */
const NOT_OURS =
  /^(DATABASE_URL|OPTIMIZELY_CMS_.*|RETRY_.*|SHUTDOWN_GRACE_MS|READ_BACK_MS|LEASE_MS|PLAN_.*|APPROVAL_TARGETS|HOST)$/;

/** What the demo plays on: the simulated CMS with two tenants, and the service with its embedded database. */
export class Stage {
  private readonly children: Child[] = [];
  private service: { child: Child; settings: NodeJS.ProcessEnv; url: string } | undefined;
  private wasKilled = false;
  private readonly dataDir = resolve(process.env.DATA_DIR || '.data', 'demo');

  constructor(
    private readonly stop: AbortController,
    private readonly progress: Progress,
  ) {}

  get logs(): string[] {
    return [...new Set(this.children.map(({ logFile }) => logFile))];
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
      cms: new CmsControl(cmsUrl, STAGING_CLIENT, this.stop.signal),
    };
  }

  /** Kills the service (`kill -9`); its database server is left to itself. */
  async killService(): Promise<void> {
    this.wasKilled = true;
    await this.service!.child.kill();
  }

  /** Starts the killed service again at its address, and waits until it answers. Throws like {@link set}. */
  async startServiceAgain(): Promise<void> {
    this.stop.signal.throwIfAborted();
    const { settings, url } = this.service!;
    await this.runService(settings, url);
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
      if (this.wasKilled) await stopPostgres(this.dataDir);
      return 'the history stays in ' + relative('.', this.dataDir);
    });
  }

  private async startCms(): Promise<string> {
    const child = this.start(
      'sandbox',
      ['optimizely/sandbox/serve.js', '--port', '0', '--tenant', `${STAGING_CLIENT}:${STAGING_SECRET}`],
      {},
    );
    return child.until(() => Promise.resolve(/ on (http:\S+)/.exec(child.log())?.[1]), this.stop.signal);
  }

  private async startService(cmsUrl: string, port: number): Promise<string> {
    const url = `http://${HOST}:${port}`;
    const settings = {
      HOST,
      PORT: String(port),
      DATA_DIR: this.dataDir,
      LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
      OPTIMIZELY_CMS_CLIENT_ID: 'demo-client',
      OPTIMIZELY_CMS_CLIENT_SECRET: 'demo-secret',
      OPTIMIZELY_CMS_API_URL: cmsUrl,
      OPTIMIZELY_CMS_STAGING_CLIENT_ID: STAGING_CLIENT,
      OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: STAGING_SECRET,
      OPTIMIZELY_CMS_STAGING_API_URL: cmsUrl,
      APPROVAL_TARGETS: `optimizely/${LIVE}`,
      LEASE_MS: String(LEASE_MS),
      READ_BACK_MS: String(READ_BACK_MS),
    };
    return this.runService(settings, url);
  }

  private async runService(settings: NodeJS.ProcessEnv, url: string): Promise<string> {
    const child = this.start('service', ['main.js'], settings);
    this.service = { child, settings, url };
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

/** A service that was killed leaves its server running, until the next one takes it over. */
async function stopPostgres(dataDir: string): Promise<void> {
  const { openEmbeddedPostgres, runningEmbeddedPostgres } = await import('#embedded-postgres');
  if (await runningEmbeddedPostgres(dataDir)) await (await openEmbeddedPostgres(dataDir)).close();
}
