import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import { PLATFORM } from '#platform';
import { NO_SYNC_RECORD, TRACK_SYNC } from './track-sync.decorator.ts';

/** Methods of an adapter that do no I/O by contract, or that Nest calls. */
const UNTRACKED = new Set([
  'toPlatform',
  'fromPlatform',
  'environments',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** Puts Nest's interceptor chain round every `@TrackSync` method, and lets no method of an adapter escape the record. */
@Injectable()
export class SyncExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly contexts: ExternalContextCreator,
  ) {}

  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null || !metatype) continue;
      const isPlatform = Reflect.hasMetadata(PLATFORM, metatype);
      for (const name of this.methodNames(instance as object, isPlatform)) this.cover(instance, name, isPlatform);
    }
  }

  private methodNames(instance: object, isPlatform: boolean): string[] {
    const names = this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object);
    if (!isPlatform) return names;
    const own = Object.entries(instance).filter(([, value]) => typeof value === 'function');
    return [...names, ...own.map(([name]) => name)];
  }

  private cover(instance: Record<string, unknown>, name: string, isPlatform: boolean): void {
    const method = instance[name] as (...args: unknown[]) => unknown;
    const place = `${instance.constructor.name}.${name}`;
    if (Reflect.hasMetadata(TRACK_SYNC, method)) {
      if (!isPlatform) throw new Error(`${place} has @TrackSync, but its class has no @Platform('name').`);
      instance[name] = this.contexts.create(
        instance,
        method,
        name,
        undefined,
        undefined,
        undefined,
        undefined,
        { guards: false, filters: false, interceptors: true },
        'sync',
      );
    } else if (isPlatform && !UNTRACKED.has(name) && !Reflect.hasMetadata(NO_SYNC_RECORD, method)) {
      throw new Error(
        `${place} would escape the record: give it @TrackSync({ direction }) or @NoSyncRecord('reason'), ` +
          'or make it private with #.',
      );
    }
  }
}
