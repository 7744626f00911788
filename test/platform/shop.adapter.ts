import { Injectable } from '@nestjs/common';
import { isJsonObject, type Json, type JsonObject } from '#snapshot';
import {
  Platform,
  type PlatformAdapter,
  PlatformError,
  type RecordedCall,
  type SyncAnswer,
  TrackSync,
} from '#embedding';

@Platform('shop')
@Injectable()
export class ShopAdapter implements PlatformAdapter {
  readonly #url = process.env.SHOP_URL ?? 'http://127.0.0.1:4020';
  readonly #token = process.env.SHOP_TOKEN ?? '';
  readonly #timeoutMs = Number(process.env.SHOP_TIMEOUT_MS ?? 30_000);

  toPlatform(definition: JsonObject): Json {
    return definition;
  }

  fromPlatform(payload: Json): JsonObject {
    if (!isJsonObject(payload)) throw unreadable('a schema that is no object');
    const { updatedAt: _serverSet, ...definition } = payload;
    return definition;
  }

  @TrackSync({ direction: 'PUSH' })
  async push({ items, permit }: RecordedCall): Promise<SyncAnswer> {
    // What was recorded as sent is what is sent.
    const schemas = Object.fromEntries(items.map(({ typeKey, payload }) => [typeKey, payload]));
    await permit();
    const { statusCode, answer } = await this.#call('POST', JSON.stringify(schemas));
    const accepted = Object.hasOwn(answer, 'accepted') ? answer.accepted : undefined;
    if (!Array.isArray(accepted)) throw unreadable('no list of what it accepted', statusCode);
    return {
      statusCode,
      items: items.map(({ typeKey }) =>
        accepted.includes(typeKey)
          ? { typeKey, status: 'SUCCESS' }
          : { typeKey, status: 'FAILED', error: { code: 'REFUSED', message: `The shop did not take "${typeKey}".` } },
      ),
    };
  }

  @TrackSync({ direction: 'PULL' })
  async pull({ items, permit }: RecordedCall): Promise<SyncAnswer> {
    await permit();
    const { statusCode, answer } = await this.#call('GET');
    const held = new Map(Object.entries(answer));
    const wanted = items.length > 0 ? items.map(({ typeKey }) => typeKey) : [...held.keys()];
    return {
      statusCode,
      items: wanted.map((typeKey) => {
        const payload = held.get(typeKey);
        return payload === undefined
          ? { typeKey, status: 'FAILED', error: { code: 'NOT_FOUND', message: `The shop has no "${typeKey}".` } }
          : { typeKey, status: 'SUCCESS', data: this.fromPlatform(payload) };
      }),
    };
  }

  @TrackSync({ direction: 'PUSH', removes: true })
  async remove({ items, permit }: RecordedCall): Promise<SyncAnswer> {
    const keys = items.map(({ typeKey }) => typeKey);
    await permit();
    const { statusCode, answer } = await this.#call('DELETE', JSON.stringify(keys));
    const gone = Object.hasOwn(answer, 'gone') ? answer.gone : undefined;
    if (!Array.isArray(gone)) throw unreadable('no list of what is gone', statusCode);
    return {
      statusCode,
      items: keys.map((typeKey) =>
        gone.includes(typeKey)
          ? { typeKey, status: 'SUCCESS' }
          : { typeKey, status: 'FAILED', error: { code: 'REFUSED', message: `The shop keeps "${typeKey}".` } },
      ),
    };
  }

  /** Errors are mapped once, here; `retryable` decides whether the same call is tried again. */
  async #call(method: string, body?: string): Promise<{ statusCode: number; answer: JsonObject }> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(this.#timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#url}/schemas`, { method, body, headers, signal, redirect: 'manual' });
      text = await response.text();
    } catch (cause) {
      const message = 'The shop gave no whole answer.';
      throw new PlatformError({ code: 'NETWORK_ERROR', message, retryable: true }, { cause });
    }
    const { ok, status: statusCode } = response;
    if (!ok) {
      const retryable = statusCode >= 502 || statusCode === 429;
      throw new PlatformError({
        code: retryable ? 'UNAVAILABLE' : 'REFUSED',
        message: `The shop answered ${method} /schemas with ${statusCode}.`,
        retryable,
        statusCode,
        retryAfterMs: Number(response.headers.get('retry-after')) * 1000 || undefined,
      });
    }
    const answer = parsed(text);
    if (!isJsonObject(answer)) throw unreadable('no JSON object', statusCode);
    return { statusCode, answer };
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** Nobody knows whether the call was applied. */
function unreadable(what: string, statusCode?: number): PlatformError {
  const message = `The shop answered with ${what}.`;
  return new PlatformError({ code: 'INVALID_ANSWER', message, retryable: 'unknown', statusCode });
}
