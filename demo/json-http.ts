const TIMEOUT_MS = 30_000;

/** An answer that is no 2xx; `problem` is its body where that is JSON. */
export class RefusedError extends Error {
  readonly problem: unknown;

  constructor(
    asked: string,
    readonly status: number,
    text: string,
  ) {
    super(`${asked} was answered ${status}: ${printable(text.slice(0, 1_000))}`);
    try {
      this.problem = readJson(text);
    } catch {
      this.problem = null;
    }
  }
}

/** JSON over HTTP to one address, until the signal says stop. */
export class JsonHttp {
  constructor(
    readonly url: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The body of a 2xx answer, which is what the caller says it is. Throws {@link RefusedError} for any other answer. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const asked = `${method} ${this.url}${path}`;
    const response = await fetch(this.url + path, {
      method,
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }).catch((error: unknown) => {
      throw new Error(`${asked} got no answer.`, { cause: error });
    });
    const text = await response.text();
    if (!response.ok) throw new RefusedError(asked, response.status, text);
    return readJson(text) as T;
  }
}

function readJson(text: string): unknown {
  return JSON.parse(text || 'null', (_name, value: unknown) => (typeof value === 'string' ? printable(value) : value));
}

/** It is shown on a terminal, which must not take it for commands. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|\p{Bidi_C}/gu, '�');
}
