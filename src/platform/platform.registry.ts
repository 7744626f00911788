import { Inject, Injectable, type OnModuleInit, Optional } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { REDACTION_OPTIONS, type RedactionOptions } from '../tracking-options.ts';
import { DEFAULT_MODEL } from './default-model.ts';
import type { ContentType, Destination, PlatformAdapter, Target } from './platform.adapter.ts';
import { platformOf } from './platform.decorator.ts';
import { PlatformRequiredError, UnknownEnvironmentError, UnknownPlatformError } from './platform.errors.ts';
import type { PlatformModel } from './platform.model.ts';

/** The adapters installed in this application, by the name of their platform. */
@Injectable()
export class PlatformRegistry implements OnModuleInit {
  private readonly adapters = new Map<string, PlatformAdapter>();

  private readonly models = new Map<string, PlatformModel>();

  constructor(
    private readonly discovery: DiscoveryService,
    @Optional() @Inject(REDACTION_OPTIONS) private readonly redaction: RedactionOptions = {},
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) {
      const name = platformOf(instance);
      if (name === undefined) continue;
      const known = this.adapters.get(name);
      if (known && known !== instance) throw new Error(`Two adapters call themselves the platform "${name}".`);
      this.adapters.set(name, instance as PlatformAdapter);
    }
  }

  /** Throws {@link UnknownPlatformError}. */
  get(name: string): PlatformAdapter {
    const adapter = this.adapters.get(name);
    if (!adapter) throw new UnknownPlatformError(name, this.names());
    return adapter;
  }

  /** The adapter of a target that exists. Throws {@link UnknownPlatformError} and {@link UnknownEnvironmentError}. */
  at({ platform, environment }: Target): PlatformAdapter {
    const adapter = this.get(platform);
    const configured = adapter.environments?.().map(({ name }) => name);
    if (configured && !configured.includes(environment)) {
      throw new UnknownEnvironmentError(platform, environment, configured);
    }
    return adapter;
  }

  /** Where a target is; nothing is known of one that is not installed. */
  destination({ platform, environment }: Target): Destination {
    const { address, account } =
      this.adapters
        .get(platform)
        ?.environments?.()
        .find(({ name }) => name === environment) ?? {};
    return { address, account };
  }

  /** A definition as its platform would give it back; as it is where the platform is not installed. */
  asHeld(platform: string, kind: string, definition: ContentType): ContentType {
    const adapter = this.adapters.get(platform);
    return adapter ? adapter.fromPlatform(adapter.toPlatform(definition, kind), kind) : definition;
  }

  /** The name of the platform that a request means: the only one installed, where it names none. Throws {@link PlatformRequiredError}. */
  meant(name?: string): string {
    const installed = this.names();
    const meant = name ?? (installed.length === 1 ? installed[0] : undefined);
    if (meant === undefined) throw new PlatformRequiredError(installed);
    return meant;
  }

  /** The same for a write, which needs a platform that is installed. Throws {@link UnknownPlatformError} besides. */
  meantToWrite(name?: string): string {
    const meant = this.meant(name);
    this.get(meant);
    return meant;
  }

  /** The model of a platform; {@link DEFAULT_MODEL} where it has none or is not installed. */
  model(name: string): PlatformModel {
    const own = this.adapters.get(name)?.model ?? DEFAULT_MODEL;
    return this.redaction.platforms?.[name] ? this.withNames(name, own) : own;
  }

  /** With the secret names that the configuration adds for this platform. */
  private withNames(name: string, own: PlatformModel): PlatformModel {
    const known = this.models.get(name);
    if (known) return known;
    const { keys = [], except = [] } = this.redaction.platforms![name]!;
    const { keys: ownKeys = [], except: ownExcept = [] } = own.redaction ?? {};
    const model = { ...own, redaction: { keys: [...ownKeys, ...keys], except: [...ownExcept, ...except] } };
    this.models.set(name, model);
    return model;
  }

  names(): string[] {
    return [...this.adapters.keys()].sort();
  }
}
