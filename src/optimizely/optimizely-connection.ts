import pLimit, { type LimitFunction } from 'p-limit';
import { isJsonObject, type Json, type JsonObject } from '#json';
import { type Destination, PlatformError } from '#platform';
import { type AccessToken, AccessTokens } from './access-tokens.ts';
import { endpoints } from './endpoints.ts';
import { exchange, type HttpAnswer, HttpFailure, type HttpRequest } from './http-exchange.ts';
import { type OptimizelyEnvironment, variableOf } from './optimizely.config.ts';
import { type Asked, brokenOff, type Effect, recordedBody, refusal, unproven } from './optimizely.errors.ts';
import { secretMask } from './secret-mask.ts';

const DEFAULT_TOKEN_LIFE_S = 300;
/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the API's root: `/manifest?sections=contentTypes`. */
  path: string;
  headers?: Record<string, string>;
  body?: Json;
  contentType?: string;
  effect: Effect;
  /** A 201 or 204 without a body is proof enough. */
  mayBeEmpty?: boolean;
  /** Asked when its turn has come, and once more when it has a token; throws what keeps it from leaving. */
  mayLeave?: () => Promise<void>;
}

/** A proven answer. `calls` are the HTTP calls it took: method, path, status, duration in ms, request id. */
export interface ApiAnswer {
  statusCode: number;
  requestId?: string;
  body?: Json;
  etag?: string;
  lastModified?: string;
  calls: JsonObject[];
}

/** The way to one environment: its token, its limit of calls at a time, its errors. */
export class OptimizelyConnection {
  readonly #urls: { token: string; api: string };
  readonly #limit: LimitFunction;
  /** What is large is larger still when it is decoded and parsed: a few at once would be too much. */
  readonly #largeAnswers = pLimit(1);
  readonly #tokens = new AccessTokens((calls) => this.#requestToken(calls));

  constructor(private readonly environment: OptimizelyEnvironment) {
    this.#urls = endpoints(environment.apiUrl);
    this.#limit = pLimit(environment.maxConcurrency);
  }

  get destination(): Required<Destination> {
    return { address: this.environment.apiUrl, account: this.environment.clientId };
  }

  /** Sends a request, once more if its token had expired; `calls` continues the list of an earlier one. Throws {@link PlatformError}. */
  send(request: ApiRequest, calls: JsonObject[] = []): Promise<ApiAnswer> {
    return this.#limit(async () => {
      await request.mayLeave?.();
      const url = new URL(this.#urls.api + request.path);
      const asked = this.#asked(request.method, url, request.effect, calls);
      const answer = await this.#authorised(request, url, asked);
      if (answer.status < 200 || answer.status > 299) throw refusal(answer, asked);
      const body = recordedBody(answer);
      const provenEmpty = request.mayBeEmpty && body === undefined && [201, 204].includes(answer.status);
      if (answer.status === 202 || (answer.json === undefined && !provenEmpty)) throw unproven(answer, asked);
      return {
        statusCode: answer.status,
        requestId: answer.requestId,
        body,
        etag: answer.headers.get('etag') ?? undefined,
        lastModified: answer.headers.get('last-modified') ?? undefined,
        calls,
      };
    });
  }

  /** A 2xx answer whose JSON is not what the API promises, as an error. */
  invalid(request: ApiRequest, answer: ApiAnswer, problem: string): PlatformError {
    const { statusCode, requestId, body, calls } = answer;
    const asked = this.#asked(request.method, new URL(this.#urls.api + request.path), request.effect, calls);
    return unproven(
      { status: statusCode, requestId, json: body, headers: new Headers(), durationMs: 0 },
      asked,
      problem,
    );
  }

  async #authorised(request: ApiRequest, url: URL, asked: Asked): Promise<HttpAnswer> {
    const token = await this.#tokens.get(asked.calls);
    await request.mayLeave?.();
    const answer = await this.#exchange(this.#apiCall(request, url, [token]), asked);
    if (answer.status !== 401) return answer;
    this.#tokens.refused(token);
    const renewed = await this.#tokens.get(asked.calls);
    await request.mayLeave?.();
    return this.#exchange(this.#apiCall(request, url, [renewed, token]), asked, { attempt: 2 });
  }

  #apiCall(request: ApiRequest, url: URL, tokens: [string, ...string[]]): HttpRequest {
    const contentType = request.contentType ?? 'application/json';
    return {
      method: request.method,
      url: url.href,
      headers: {
        accept: 'application/json',
        'user-agent': 'synctrail',
        authorization: `Bearer ${tokens[0]}`,
        ...(request.body !== undefined && { 'content-type': contentType }),
        ...request.headers,
      },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      timeoutMs: this.environment.timeoutMs,
      largeAnswers: this.#largeAnswers,
      mask: secretMask([this.environment.clientSecret, ...tokens]),
    };
  }

  async #requestToken(calls: JsonObject[]): Promise<AccessToken> {
    const { clientId, clientSecret, actAs, timeoutMs } = this.environment;
    const url = new URL(this.#urls.token);
    const asked = this.#asked('POST', url, 'none', calls);
    const credentials = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const answer = await this.#exchange(
      {
        method: 'POST',
        url: url.href,
        headers: { accept: 'application/json', 'user-agent': 'synctrail', 'content-type': 'application/json' },
        body: JSON.stringify({ ...credentials, ...(actAs && { act_as: actAs }) }),
        timeoutMs,
        largeAnswers: this.#largeAnswers,
        mask: secretMask([clientSecret]),
      },
      asked,
    );
    if (answer.status === 400 || answer.status === 401) throw this.#wrongCredentials(answer, asked);
    if (answer.status !== 200) throw refusal(answer, asked);
    const { access_token: value, expires_in: life } = isJsonObject(answer.json) ? answer.json : {};
    if (typeof value !== 'string' || !TOKEN.test(value)) {
      // Without its body: it may hold a token.
      throw unproven({ ...answer, json: undefined, text: undefined }, asked, 'it holds no access token');
    }
    return { value, lifeMs: Math.max(0, typeof life === 'number' ? life : DEFAULT_TOKEN_LIFE_S) * 1000 };
  }

  #wrongCredentials(answer: HttpAnswer, asked: Asked): PlatformError {
    const { name } = this.environment;
    const { statusCode, requestId, body, metadata } = refusal(answer, asked);
    return new PlatformError({
      code: 'AUTHENTICATION_FAILED',
      retryable: false,
      statusCode,
      requestId,
      body,
      metadata,
      message: `Optimizely gives environment "${name}" no token (${answer.status}): check ${variableOf(name, 'clientId')} and ${variableOf(name, 'clientSecret')}.`,
    });
  }

  /** One HTTP exchange, written down whatever comes of it. */
  async #exchange(request: HttpRequest, asked: Asked, note: JsonObject = {}): Promise<HttpAnswer> {
    const call = { method: asked.method, path: asked.path, ...note };
    try {
      const answer = await exchange(request);
      const { status, durationMs, requestId } = answer;
      asked.calls.push({ ...call, status, durationMs, ...(requestId && { requestId }) });
      return answer;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      asked.calls.push({ ...call, error: error.code, durationMs: error.durationMs });
      throw brokenOff(error, asked);
    }
  }

  #asked(method: string, url: URL, effect: Effect, calls: JsonObject[]): Asked {
    return { environment: this.environment.name, method, path: url.pathname + url.search, effect, calls };
  }
}
