import type { JsonObject } from '#json';

const MAX_MARGIN_MS = 60_000;
const MARGIN_SHARE = 0.2;

export interface AccessToken {
  value: string;
  lifeMs: number;
}

/** The access token of one environment: asked for once, shared by everybody, renewed before it expires. */
export class AccessTokens {
  #current?: { value: string; renewAt: number };
  #pending?: Promise<string>;

  /** `request` fetches a token and writes down its HTTP call. */
  constructor(private readonly request: (calls: JsonObject[]) => Promise<AccessToken>) {}

  /** A token with a fifth of its life, or a minute, before it. Callers meanwhile wait for the same request. */
  async get(calls: JsonObject[]): Promise<string> {
    if (this.#current && performance.now() < this.#current.renewAt) return this.#current.value;
    this.#pending ??= this.#renew(calls).finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /** Forgets a token that the platform refused; a newer one stays. */
  refused(value: string): void {
    if (this.#current?.value === value) this.#current = undefined;
  }

  async #renew(calls: JsonObject[]): Promise<string> {
    const asked = performance.now();
    const { value, lifeMs } = await this.request(calls);
    this.#current = { value, renewAt: asked + lifeMs - Math.min(MAX_MARGIN_MS, lifeMs * MARGIN_SHARE) };
    return value;
  }
}
