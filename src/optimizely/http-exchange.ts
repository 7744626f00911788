import type { LimitFunction } from 'p-limit';
import type { Json } from '#json';
import { parseForeignJson } from './foreign-json.ts';

const MAX_TEXT_CHARACTERS = 20_000;
/** Bytes of a text that are looked at for secrets, when its beginning is shown. */
const LOOKED_AT = 5 * MAX_TEXT_CHARACTERS;
const MIN_HELD = 16_384;
const MAX_REQUEST_ID_CHARACTERS = 200;
/** Bytes from which on an answer is large; one that is not is held beside all others. */
const LARGE = 250_000;
const REQUEST_ID_HEADERS = ['x-request-id', 'x-correlation-id', 'cf-ray'];
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'bad port']);

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Limit of the whole exchange, the body included. */
  timeoutMs: number;
  /** Limit of the body after decompression; 50,000,000 by default. */
  maxBytes?: number;
  /** Lets so many large answers be read at a time; the others wait, within their own limit of time. */
  largeAnswers: LimitFunction;
  /** Takes secrets out of all text that came back. */
  mask: (text: string) => string;
}

/** An answer in full; it has `json`, or `text`, or neither when the body is empty. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  json?: Json;
  /** The first 20,000 characters of a body that is no JSON; `unreadable` says why it is none. */
  text?: string;
  unreadable?: string;
  requestId?: string;
  durationMs: number;
}

/** An exchange without a whole answer. */
export class HttpFailure extends Error {
  constructor(
    readonly code: 'NETWORK_ERROR' | 'TIMEOUT' | 'ANSWER_TOO_LARGE',
    message: string,
    readonly durationMs: number,
    /** The request cannot have arrived. */
    readonly neverSent = false,
  ) {
    super(message);
    this.name = 'HttpFailure';
  }
}

/** One HTTP request and its whole answer, whatever the status; redirects are not followed. Throws {@link HttpFailure}. */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { url, method, headers, body, timeoutMs, maxBytes = 50_000_000, largeAnswers, mask } = request;
  const start = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal });
    const answer = new CappedBody(response.body, maxBytes);
    await answer.read(LARGE);
    const content = answer.isWhole
      ? await readBody(answer.bytes(), mask)
      : await inTime(signal, largeAnswers, async () => {
          await answer.read();
          return readBody(answer.bytes(), mask);
        });
    const requestId = REQUEST_ID_HEADERS.map((name) => response.headers.get(name)).find((id) => id);
    return {
      status: response.status,
      headers: response.headers,
      ...content,
      ...(requestId && { requestId: mask(requestId).slice(0, MAX_REQUEST_ID_CHARACTERS) }),
      durationMs: elapsed(start),
    };
  } catch (error) {
    throw failureOf(error, request, signal.aborted, elapsed(start));
  }
}

/** Waits for its turn as long as the signal lets it; what is not begun by then never begins. */
function inTime<T>(signal: AbortSignal, turns: LimitFunction, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(signal.reason as Error);
    signal.addEventListener('abort', cancel, { once: true });
    turns(async () => {
      signal.throwIfAborted();
      return work();
    })
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', cancel));
  });
}

/** A body as far as it was read, in one piece: of many small ones each would cost more than its bytes. */
class CappedBody {
  isWhole = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #held = Buffer.alloc(0);
  #size = 0;

  constructor(
    body: ReadableStream<Uint8Array> | null,
    private readonly maxBytes: number,
  ) {
    this.#reader = body?.getReader();
    this.isWhole = !body;
  }

  /** Reads until there are this many bytes, or all. Throws {@link TooLarge}, which ends the connection. */
  async read(bytes = Infinity): Promise<void> {
    while (!this.isWhole && this.#size < bytes) {
      const { done, value } = await this.#reader!.read();
      this.isWhole = done;
      if (value) await this.#hold(value);
    }
  }

  bytes(): Uint8Array {
    return this.#held.subarray(0, this.#size);
  }

  async #hold(bytes: Uint8Array): Promise<void> {
    const size = this.#size + bytes.byteLength;
    if (size > this.maxBytes) return this.#cancel();
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.maxBytes, Math.max(size, 2 * this.#held.length, MIN_HELD)));
      this.#held.copy(larger, 0, 0, this.#size);
      this.#held = larger;
    }
    this.#held.set(bytes, this.#size);
    this.#size = size;
  }

  async #cancel(): Promise<never> {
    this.#held = Buffer.alloc(0);
    // A connection that fails just then has ended as well.
    await this.#reader!.cancel().catch(() => undefined);
    throw new TooLarge(`The answer is larger than ${this.maxBytes} bytes`);
  }
}

class TooLarge extends Error {}

async function readBody(
  bytes: Uint8Array,
  mask: (text: string) => string,
): Promise<Pick<HttpAnswer, 'json' | 'text' | 'unreadable'>> {
  try {
    return bytes.byteLength === 0 ? {} : { json: await parseForeignJson(bytes, mask) };
  } catch (error) {
    const text = beginningOf(bytes, mask);
    if (text.trim() === '') return {};
    // Not the parser's own message: it quotes a few characters, which may be a piece of a secret.
    const unreadable = error instanceof RangeError ? error.message : 'it is no JSON';
    return { text, unreadable };
  }
}

/** The beginning of a text, masked. More than that is looked at, so that no secret is cut in two and shown in part. */
function beginningOf(bytes: Uint8Array, mask: (text: string) => string): string {
  const masked = mask(new TextDecoder().decode(bytes.subarray(0, LOOKED_AT)));
  const whole = bytes.length > LOOKED_AT ? masked.slice(0, -MAX_TEXT_CHARACTERS) : masked;
  return whole.slice(0, MAX_TEXT_CHARACTERS).toWellFormed();
}

function failureOf(
  error: unknown,
  { timeoutMs, mask }: HttpRequest,
  timedOut: boolean,
  durationMs: number,
): HttpFailure {
  if (error instanceof TooLarge) return new HttpFailure('ANSWER_TOO_LARGE', error.message, durationMs);
  if (timedOut) return new HttpFailure('TIMEOUT', `There was no whole answer within ${timeoutMs} ms`, durationMs);
  const { cause = error } = shapeOf(error);
  const { code = '', message = '' } = shapeOf(cause);
  const reason = mask(String(message || code));
  return new HttpFailure(
    'NETWORK_ERROR',
    `The connection failed (${reason})`,
    durationMs,
    NEVER_SENT.has(String(code || message)),
  );
}

const shapeOf = (error: unknown): { cause?: unknown; code?: unknown; message?: unknown } =>
  typeof error === 'object' && error !== null ? error : {};

const elapsed = (start: number) => Math.round(performance.now() - start);
