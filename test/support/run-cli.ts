import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceLogin } from './service-role.ts';

/** What a command printed, and how it ended. */
export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that runs. */
export interface CliRun {
  child: ChildProcess;
  /** Resolves when this stands in what it has printed beside its result. */
  noted(text: string): Promise<void>;
  ended: Promise<CliResult>;
}

/** Starts the built command line, in an environment of its own. */
export function startCli(args: string[], env: NodeJS.ProcessEnv = {}): CliRun {
  const child = spawn(process.execPath, ['dist/src/cli.js', ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, USER: 'tester', ...serviceLogin(env) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }));
  const noted = async (text: string) => {
    while (!printed.stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`The command ended with ${child.exitCode}: ${printed.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { child, noted, ended };
}

export function runCli(args: string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  return startCli(args, env).ended;
}

/** Puts the built command line into a folder, as the program `synctrail`. */
export async function installProgram(folder: string): Promise<void> {
  await writeScript(folder, 'synctrail', `exec '${process.execPath}' '${join(process.cwd(), 'dist/src/cli.js')}' "$@"`);
}

/** Writes a program of shell commands. */
export async function writeScript(folder: string, name: string, commands: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${commands}\n`);
  await chmod(join(folder, name), 0o755);
}
