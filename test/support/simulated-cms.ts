import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';

export interface Call {
  method: string;
  path: string;
  status: number | null;
  headers: Record<string, string>;
  body: { contentTypes?: { key: string }[] } | null;
}

/** A sandbox and what a test does to it behind our back. */
export interface SimulatedCms extends Sandbox {
  /** The API calls since the start or the last reset, tokens not among them. */
  calls(): Promise<Call[]>;
  /** Resolves when this many such calls have arrived. */
  called(times: number): Promise<void>;
  /** Resolves when this many have been answered, too. */
  answered(times: number): Promise<void>;
  /** Lets faults strike, in place of those set before. */
  strike(...faults: object[]): Promise<void>;
  reset(): Promise<void>;
  edit(key: string, author: string, changes: object): Promise<void>;
}

export async function startSimulatedCms(): Promise<SimulatedCms> {
  const sandbox = await startSandbox();
  return { ...sandbox, ...controlOf(sandbox.url) };
}

/** The controls of a sandbox, wherever it runs. */
export function controlOf(url: string): Omit<SimulatedCms, 'url' | 'close'> {
  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/_sandbox${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /_sandbox${path} was answered ${answer.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const calls = async () => {
    const journal = (await control('GET', '/journal')) as Call[];
    return journal.filter(({ path }) => !path.endsWith('/oauth/token'));
  };
  const until = async (isDone: (calls: Call[]) => boolean) => {
    while (!isDone(await calls())) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return {
    calls,
    called: (times) => until((all) => all.length >= times),
    answered: (times) => until((all) => all.filter(({ status }) => status !== null).length >= times),
    strike: async (...faults) => {
      await control('DELETE', '/faults');
      await control('POST', '/faults', { faults });
    },
    reset: async () => void (await control('POST', '/reset')),
    edit: async (key, author, changes) => void (await control('PUT', `/content-types/${key}`, { author, changes })),
  };
}
