import 'reflect-metadata';
import { defineEntity, p } from '@mikro-orm/core';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { type DynamicModule, Injectable, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TrackingModule } from '#embedding';
import type { Json, JsonObject } from '#json';
import { Platform, type PlatformAdapter, type SyncAnswer, type SyncCall } from '#platform';
import { TrackSync } from '#tracking';
import type { TrackingOptions } from '../../src/tracking-options.ts';

const NoteSchema = defineEntity({
  name: 'Note',
  tableName: 'note',
  properties: { id: p.integer().primary(), text: p.text() },
});
/** An entity of the foreign application's own. */
export class Note extends NoteSchema.class {}
NoteSchema.setClass(Note);

type Reaction = (call: SyncCall) => SyncAnswer | Promise<SyncAnswer>;

/** The foreign platform: answers as told, in order; the last answer stays. */
@Injectable()
export class Shop {
  calls: SyncCall[] = [];
  private reactions: Reaction[] = [];

  will(...reactions: Reaction[]): void {
    this.calls = [];
    this.reactions = reactions;
  }

  /** A read-back finds nothing, and is none of the calls. */
  async react(call: SyncCall): Promise<SyncAnswer> {
    if (call.context.isReadBack) return nothing(call);
    this.calls.push(call);
    const next = this.reactions.length > 1 ? this.reactions.shift() : this.reactions[0];
    return await next!(call);
  }
}

/** Answers that every item succeeded. */
export const accept = ({ items }: SyncCall): SyncAnswer => ({
  statusCode: 200,
  items: items.map(({ typeKey, kind }) => ({ typeKey, kind, status: 'SUCCESS' })),
});

const nothing = ({ items }: SyncCall): SyncAnswer => ({
  items: items.map(({ typeKey, kind }) => {
    return { typeKey, kind, status: 'FAILED', error: { code: 'NOT_FOUND', message: 'The shop does not have it' } };
  }),
});

export const fail =
  (error: unknown): Reaction =>
  () => {
    throw error;
  };

/** Sends definitions in an envelope of its own. */
@Platform('shop')
@Injectable()
export class ShopAdapter implements PlatformAdapter {
  constructor(readonly shop: Shop) {}

  toPlatform(definition: JsonObject): Json {
    return { shop: definition };
  }

  fromPlatform(payload: Json): JsonObject {
    return (payload as { shop: JsonObject }).shop;
  }

  @TrackSync({ direction: 'PUSH' })
  push(call: SyncCall): Promise<SyncAnswer> {
    return this.shop.react(call);
  }

  @TrackSync({ direction: 'PULL' })
  pull(call: SyncCall): Promise<SyncAnswer> {
    return this.shop.react(call);
  }
}

type Tracking = Parameters<typeof TrackingModule.forRoot>[0] & Partial<Pick<TrackingOptions, 'http'>>;

@Module({})
class ForeignModule {
  static with(databaseUrl: string, tracking: Tracking, providers: Provider[]): DynamicModule {
    return {
      module: ForeignModule,
      imports: [
        MikroOrmModule.forRoot({ driver: PostgreSqlDriver, clientUrl: databaseUrl, entities: [Note] }),
        TrackingModule.forRoot({ retry: { initialDelayMs: 1, maxDelayMs: 20 }, readBackMs: 0, ...tracking }),
      ],
      providers: [Shop, ...providers],
    };
  }
}

/** A Nest application of somebody else that has a MikroORM connection and imports TrackingModule. */
export async function startForeignApp(
  databaseUrl: string,
  { tracking = {}, providers = [ShopAdapter] }: { tracking?: Tracking; providers?: Provider[] } = {},
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    ForeignModule.with(databaseUrl, tracking, providers),
    new FastifyAdapter(),
    { abortOnError: false, logger: false },
  );
  try {
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  return app;
}
