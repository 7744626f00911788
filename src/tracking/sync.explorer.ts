import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import { platformOf, type SyncCall } from '#platform';
import { NO_SYNC_RECORD, TRACK_SYNC, type TrackedKind } from './sync-metadata.ts';
import { TrackedCall } from './tracked-call.ts';

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

/** Of the methods of the contract, whether they delete. */
const REMOVES = new Map([
  ['push', false],
  ['pull', false],
  ['remove', true],
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
    const providers = this.discovery.getProviders();
    const ofClasses = new Set(providers.filter(isOfClass).map(({ instance }): unknown => instance));
    // One instance may be provided under several tokens.
    for (const instance of new Set(providers.map((provider): unknown => provider.instance))) {
      if (!isObject(instance)) continue;
      const isPlatform = platformOf(instance) !== undefined;
      if (isPlatform && !ofClasses.has(instance)) throw new Error(notOfClass(instance));
      for (const name of this.methodNames(instance, isPlatform)) this.cover(instance, name, isPlatform);
    }
  }

  private methodNames(instance: object, isPlatform: boolean): string[] {
    const names = this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object);
    if (!isPlatform) return names;
    const own = Object.entries(instance).filter(([, value]) => typeof value === 'function');
    return [...names, ...own.map(([name]) => name)];
  }

  private cover(instance: Record<string, unknown>, name: string, isPlatform: boolean): void {
    const method = instance[name];
    if (!isFunction(method)) return;
    const place = `${instance.constructor.name}.${name}`;
    if (Reflect.hasMetadata(TRACK_SYNC, method)) {
      if (!isPlatform) throw new Error(`${place} has @TrackSync, but its class has no @Platform('name').`);
      const { removes = false } = Reflect.getMetadata(TRACK_SYNC, method) as TrackedKind;
      if (removes !== (REMOVES.get(name) ?? removes)) throw new Error(recordedAsOther(place, removes));
      const intercepted = this.contexts.create(
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
      instance[name] = (call: SyncCall) => intercepted(new TrackedCall(call));
    } else if (isPlatform && !UNTRACKED.has(name) && !Reflect.hasMetadata(NO_SYNC_RECORD, method)) {
      throw new Error(
        `${place} would escape the record: give it @TrackSync({ direction }) or @NoSyncRecord('reason'), ` +
          'or make it private with #.',
      );
    }
  }
}

/** Nest puts interceptors only round what it made itself. */
function isOfClass({ instance, metatype }: { instance: unknown; metatype: unknown }): boolean {
  return isObject(instance) && metatype === instance.constructor;
}

function notOfClass({ constructor: { name } }: object): string {
  return `${name} would escape the record, being made by a factory or given as a value: list the class among the providers.`;
}

function recordedAsOther(place: string, removes: boolean): string {
  const isRecorded = removes ? 'a removal, which it is not' : 'no removal';
  return `${place} would be recorded as ${isRecorded}: \`removes: true\` belongs to "remove", and to no other method.`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}
