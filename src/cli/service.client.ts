import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { EXIT, CliError, mayPass, NoAnswerError, ProblemError, UsageError } from './cli.errors.ts';
import { type Problem, problemText } from './problem.text.ts';

const TIMEOUT_MS = 60_000;
/** For requests before whose answer the service reads a whole target. */
export const READING_TIMEOUT_MS = 290_000;
/** Bytes of an answer. */
const MAX_ANSWER = 128 * 1024 * 1024;
/** How long a request is repeated whose answer was lost, and how often. */
const REPEAT_MS = 30_000;
const REPEAT_PAUSE_MS = 1_000;
/** Before anything was sent; a bad port is one that the Fetch Standard keeps for other protocols. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'bad port']);

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

export interface RequestOptions {
  query?: Query;
  /** JSON, or the bytes of a JSON file as they are. */
  body?: object | Uint8Array;
  timeoutMs?: number;
  headers?: Record<string, string>;
}

/** The API of a running service. Every request has a deadline; every error is one sentence. */
export class ServiceClient {
  private constructor(readonly url: string) {}

  /** Throws {@link UsageError} when the text is no address of a service. */
  static at(text: string): ServiceClient {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw new UsageError('--url must be an address such as https://synctrail.example.com');
    }
    if (url.username !== '' || url.password !== '') throw new UsageError('--url must have no user and no password');
    return new ServiceClient(`${url.origin}${url.pathname.replace(/\/$/, '')}`);
  }

  get<T>(path: string, query?: Query): Promise<T> {
    return this.request('GET', path, { query });
  }

  post<T>(path: string, options: RequestOptions): Promise<T> {
    return this.request('POST', path, options);
  }

  /** A POST that the service runs once: it is repeated when its answer was lost. The last sentence says what it may have done. */
  async postOnce<T>(path: string, options: RequestOptions, mayHave: string): Promise<T> {
    const keyed = { ...options, headers: { 'idempotency-key': randomUUID() } };
    const deadline = performance.now() + REPEAT_MS;
    for (let wasLost = false; ; await wait(REPEAT_PAUSE_MS)) {
      try {
        return await this.post(path, keyed);
      } catch (error) {
        wasLost ||= error instanceof NoAnswerError && error.maySent;
        const isBusy = error instanceof ProblemError && error.code === 'IDEMPOTENCY_KEY_BUSY';
        if (!wasLost || !(mayPass(error) || isBusy)) throw error;
        if (performance.now() > deadline) throw unknownEffect(error as CliError, mayHave);
      }
    }
  }

  private async request<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const { query = {}, body, timeoutMs = TIMEOUT_MS, headers = {} } = options;
    const address = `${this.url}/api/v1${path}${searchOf(query)}`;
    try {
      const response = await fetch(address, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { ...callerHeaders(), ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
      });
      return this.read(response, await textOf(response)) as T;
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw this.noAnswer(error as Error, timeoutMs);
    }
  }

  private read(response: Response, text: string): unknown {
    const { status } = response;
    const answer = parsed(text);
    if (response.ok && answer !== undefined) return answer;
    const problem = (typeof answer === 'object' && answer !== null ? answer : {}) as Problem;
    const { code, detail, title, planId } = problem;
    const sentence = [detail, title].find((text) => typeof text === 'string') ?? `HTTP ${status}`;
    if (typeof code === 'string') {
      const about = typeof planId === 'string' ? planId : undefined;
      throw new ProblemError(status, code, problemText(sentence, code, problem), about);
    }
    const where = response.headers.get('location');
    const what = where === null ? '' : `, which leads to ${where}`;
    const message = `${this.url} answered with HTTP ${status}${what}, and not as SyncTrail does. Give the address of the service with --url or SYNCTRAIL_URL.`;
    // A proxy in front of a service that starts.
    throw status >= 500 ? new NoAnswerError(message, true) : new CliError(message, EXIT.failed);
  }

  private noAnswer(error: Error, timeoutMs: number): NoAnswerError {
    const cause = (error.cause ?? error) as NodeJS.ErrnoException;
    const code = cause.code ?? cause.message;
    const why = error.name === 'TimeoutError' ? `within ${timeoutMs / 1_000} s` : `(${code})`;
    return new NoAnswerError(
      `The service at ${this.url} does not answer ${why}. Start it, or give its address with --url or SYNCTRAIL_URL.`,
      !NOT_SENT.has(code),
      { cause: error },
    );
  }
}

/** Who asks. The key comes from the environment: other users of the machine see the arguments of a command. */
function callerHeaders(): Record<string, string> {
  const key = process.env.SYNCTRAIL_API_KEY?.trim();
  return { 'x-client': 'cli', ...(key && { authorization: `Bearer ${key}` }) };
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
    for (const one of values) search.append(name, String(one));
  }
  return search.size > 0 ? `?${search.toString()}` : '';
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > MAX_ANSWER) throw new CliError(`The answer of the service has more than ${MAX_ANSWER} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unknownEffect({ message, cause }: CliError, mayHave: string): CliError {
  return new CliError(`${message} ${mayHave}`, EXIT.failed, { cause });
}
