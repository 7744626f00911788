import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
const TAIL_LINES = 15;

/** A process of ours that did not do its part. */
export class ChildError extends Error {}

/** One of our programs as a child process; whatever it says goes to a file. */
export class Child {
  /** Resolves with how it ended. */
  private readonly ended: Promise<string>;
  private readonly process: ChildProcess;
  private readonly logStart: number;
  private isStopping = false;

  /** In a process group of its own, where Ctrl-C of the terminal does not reach it: the demo stops it, in order. */
  constructor(
    private readonly name: string,
    command: string[],
    env: NodeJS.ProcessEnv,
    readonly logFile: string,
  ) {
    const log = openSync(logFile, 'a');
    this.logStart = fstatSync(log).size;
    const child = spawn(process.execPath, command, { env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    process.once('exit', () => child.kill());
    this.process = child;
    this.ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** Polls until there is an answer. Throws {@link ChildError} with the end of its log after 60 s, or what the signal says. */
  async until<T>(ready: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
    for (const deadline = performance.now() + START_TIMEOUT_MS; ; await wait(POLL_MS, undefined, { signal })) {
      const answer = await ready();
      if (answer !== undefined) return answer;
      if (performance.now() > deadline) throw this.error(`was not ready within ${START_TIMEOUT_MS / 1000} s`);
    }
  }

  /** Calls back if it ends before it is asked to. */
  onUnexpectedEnd(tell: (error: ChildError) => void): void {
    void this.ended.then((end) => this.isStopping || tell(this.error(`ended by itself (${end})`)));
  }

  /** Asks it to end, and waits; after 20 s it is killed. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => {
      console.error(`${this.name} does not stop and is killed; its log: ${this.logFile}`);
      this.process.kill('SIGKILL');
    }, STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it as a power cut would (`kill -9`), and waits. */
  async kill(): Promise<void> {
    this.isStopping = true;
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** What it has said so far. */
  log(): string {
    return readFileSync(this.logFile).toString('utf8', this.logStart);
  }

  private error(what: string): ChildError {
    const tail = (this.log().trimEnd() || '(nothing)').split('\n').slice(-TAIL_LINES);
    return new ChildError([`${this.name} ${what}; the end of its log:`, ...tail.map((line) => `  ${line}`)].join('\n'));
  }
}
