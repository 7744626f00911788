import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { checkAnswersOf } from './checked-answers.ts';
import { serviceLogin } from './service-role.ts';

const TAIL = 40;

/** The built service in a process of its own, on a free port: to be killed, paused and measured. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** The end of what it said. */
    readonly log: string[],
  ) {}

  /** As {@link startServiceProcess}. */
  static async start(env: NodeJS.ProcessEnv, tail = TAIL): Promise<ServiceProcess> {
    const child = spawn(process.execPath, ['dist/src/main.js'], {
      env: { ...inherited(), PORT: '0', LOG_LEVEL: 'info', READ_BACK_MS: '1000', ...serviceLogin(env) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on('line', (line) => {
          log.push(line);
          if (log.length > tail) log.shift();
          const [, address] = /SyncTrail answers at (http:\S+);/.exec(line) ?? [];
          if (address) resolve(address);
        });
      }
      child.once('exit', (code) => reject(new Error(`The service ended with ${code}:\n${log.join('\n')}`)));
    });
    checkAnswersOf(url);
    return new ServiceProcess(child, url, log);
  }

  /** A request under /api/v1; throws when no whole answer comes. */
  async api<T>(method: string, path: string, body?: unknown): Promise<{ status: number; headers: Headers; body: T }> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(60_000),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  }

  get pid(): number {
    return this.child.pid!;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** Resident memory in bytes: now, and at its highest. */
  async memory(): Promise<{ now: number; highest: number }> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024;
    return { now: kilobytes('VmRSS'), highest: kilobytes('VmHWM') };
  }

  /** Milliseconds of CPU that it has used since its start. */
  async cpuMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8');
    // Its name, in brackets, may hold anything; ticks are hundredths of a second.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user! + system!) * 10;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGCONT');
    this.child.kill(signal);
    await ended;
  }
}

/** Without what Jest and the machine's own settings would tell the service. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME };
}

/** Resolves when it answers; throws what it said when it ends before. Keeps the last lines of its log, 40 by default. */
export function startServiceProcess(env: NodeJS.ProcessEnv, tail?: number): Promise<ServiceProcess> {
  return ServiceProcess.start(env, tail);
}
