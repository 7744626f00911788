import { Injectable } from '@nestjs/common';
import type { JsonObject } from '#json';
import { DEFAULT_MODEL, Platform, type PlatformAdapter, type RecordedCall, type SyncAnswer } from '#platform';
import { TrackSync } from '#tracking';

/** A second platform that holds what it is sent; its `revision` does not count, and `id` tells elements of lists apart. */
@Platform('shop')
@Injectable()
export class MemoryShop implements PlatformAdapter {
  readonly model = { ...DEFAULT_MODEL, serverSet: new Set(['revision']), elementKeys: ['id'] };
  readonly held = new Map<string, JsonObject>();
  /** Who changed an item last, by its key. */
  readonly changes = new Map<string, { changedBy: string; changedAt: string }>();

  /** What runs within each call. */
  readonly hooks: { onCall?: (direction: 'PUSH' | 'PULL') => Promise<void> } = {};

  toPlatform(definition: JsonObject): JsonObject {
    return definition;
  }

  fromPlatform(payload: JsonObject): JsonObject {
    return payload;
  }

  @TrackSync({ direction: 'PUSH' })
  async push({ items, permit }: RecordedCall): Promise<SyncAnswer> {
    await permit();
    await this.hooks.onCall?.('PUSH');
    for (const { typeKey, payload } of items) this.held.set(typeKey, payload as JsonObject);
    return { statusCode: 200, items: items.map(({ typeKey }) => ({ typeKey, status: 'SUCCESS' })) };
  }

  @TrackSync({ direction: 'PULL' })
  async pull({ items, permit }: RecordedCall): Promise<SyncAnswer> {
    await permit();
    await this.hooks.onCall?.('PULL');
    const wanted = items.length > 0 ? items.map(({ typeKey }) => typeKey) : [...this.held.keys()];
    return {
      statusCode: 200,
      items: wanted.map((typeKey) => {
        const data = this.held.get(typeKey);
        const error = { code: 'NOT_FOUND', message: `The shop has no "${typeKey}".` };
        return data
          ? { typeKey, status: 'SUCCESS', data, ...this.changes.get(typeKey) }
          : { typeKey, status: 'FAILED', error };
      }),
    };
  }
}
