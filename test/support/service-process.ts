import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ServiceProcess {
  url: string;
  /** SIGKILL: no chance to tidy up. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** The built service as a process of its own, on a free port. */
export async function startServiceProcess(env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { url: await addressOf(child), kill: () => end(child) };
}

async function addressOf(child: ChildProcess): Promise<string> {
  const errors: Buffer[] = [];
  child.stderr!.on('data', (chunk: Buffer) => errors.push(chunk));
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) {
    const [, url] = /SyncTrail answers at (http:\/\/[^;]+);/.exec(line) ?? [];
    if (!url) continue;
    // What it says later must not fill the pipe.
    child.stdout!.resume();
    return url;
  }
  throw new Error(`The service did not start: ${Buffer.concat(errors).toString()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
