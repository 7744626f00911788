import { Injectable } from '@nestjs/common';
import type { Json } from '#json';
import { type ContentType, Platform, type PlatformAdapter, type SyncAnswer, type SyncCall } from '#platform';
import { TrackSync } from '#tracking';

/** A platform that takes everything at once: what remains of a call is what recording costs. */
@Injectable()
@Platform('no-op')
export class NoOpAdapter implements PlatformAdapter {
  toPlatform(definition: ContentType): Json {
    return definition;
  }

  fromPlatform(payload: Json): ContentType {
    return payload as ContentType;
  }

  @TrackSync({ direction: 'PUSH' })
  push(call: SyncCall): Promise<SyncAnswer> {
    return Promise.resolve(accepted(call));
  }

  @TrackSync({ direction: 'PULL' })
  pull(call: SyncCall): Promise<SyncAnswer> {
    return Promise.resolve(accepted(call));
  }
}

function accepted({ items }: SyncCall): SyncAnswer {
  return { statusCode: 200, items: items.map(({ typeKey }) => ({ typeKey, status: 'SUCCESS' })) };
}
