import type { LimitFunction } from 'p-limit';
import type { Json } from '#snapshot';
import { parseForeignJson } from './foreign-json.ts';

const MAX_TEXT_CHARACTERS = 20_000;
const MAX_REQUEST_ID_CHARACTERS = 200;
/** Bytes from which on an answer is large. */
const LARGE = 1_000_000;
const REQUEST_ID_HEADERS = ['x-request-id', 'x-correlation-id', 'cf-ray'];
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Limit of the whole exchange, the body included. */
  timeoutMs: number;
  /** Limit of the body after decompression; 50,000,000 unless said. */
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
      ? readBody(answer.bytes(), mask)
      : await largeAnswers(async () => {
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

/** A body as far as it was read; what is not read is not held, however small it came. */
class CappedBody {
  isWhole = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #chunks: Uint8Array[] = [];
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
      if (!value) continue;
      this.#size += value.byteLength;
      if (this.#size <= this.maxBytes) this.#chunks.push(value);
      else await this.#giveUp();
    }
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks.splice(0));
  }

  async #giveUp(): Promise<never> {
    this.#chunks.length = 0;
    await this.#reader!.cancel();
    throw new TooLarge(`The answer is larger than ${this.maxBytes} bytes`);
  }
}

class TooLarge extends Error {}

function readBody(bytes: Uint8Array, mask: (text: string) => string): Pick<HttpAnswer, 'json' | 'text' | 'unreadable'> {
  try {
    return bytes.byteLength === 0 ? {} : { json: parseForeignJson(bytes, mask) };
  } catch (error) {
    const text = new TextDecoder().decode(bytes);
    if (text.trim() === '') return {};
    // Not the parser's own message: it quotes a few characters, which may be a piece of a secret.
    const unreadable = error instanceof RangeError ? error.message : 'it is no JSON';
    return { text: mask(text).slice(0, MAX_TEXT_CHARACTERS).toWellFormed(), unreadable };
  }
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
    NEVER_SENT.has(String(code)),
  );
}

const shapeOf = (error: unknown): { cause?: unknown; code?: unknown; message?: unknown } =>
  typeof error === 'object' && error !== null ? error : {};

const elapsed = (start: number) => Math.round(performance.now() - start);
