import { BUILT_IN_GROUPS, BUILT_IN_LOCALES, BUILT_IN_TYPES } from './built-ins.ts';
import type { Clock } from './clock.ts';
import { Collection, type Resource } from './collection.ts';
import { withDefaults } from './defaults.ts';
import type { ContentType, DisplayTemplate, Locale, PropertyGroup, StoredContentType } from './model.ts';

/** The credentials that choose a tenant. */
export interface TenantCredentials {
  clientId: string;
  clientSecret: string;
}

/** One CMS instance: its model, and how much content there is of each type. */
export class Tenant {
  /** Counts the writes since the tenant was made. */
  revision = 0;
  lastModified: string;
  /** Content instances by type key, those in the trash included. */
  readonly instances = new Map<string, number>();
  readonly locales = new Collection<Locale>(() => this.#touch());
  readonly propertyGroups = new Collection<PropertyGroup>(() => this.#touch());
  readonly contentTypes = new Collection<StoredContentType>(() => this.#touch());
  readonly displayTemplates = new Collection<DisplayTemplate>(() => this.#touch());

  constructor(
    readonly credentials: TenantCredentials,
    private readonly clock: Clock,
  ) {
    for (const locale of BUILT_IN_LOCALES) this.locales.put(locale);
    for (const group of BUILT_IN_GROUPS) this.propertyGroups.put(group);
    for (const { source, ...type } of BUILT_IN_TYPES) this.putContentType(withDefaults(type), 'system', source);
    this.lastModified = clock.timestamp();
  }

  putContentType(type: ContentType, author: string, source?: string): Resource<StoredContentType> {
    const before = this.contentTypes.get(type.key)?.body;
    const now = this.clock.timestamp();
    return this.contentTypes.put({
      ...type,
      ...((before?.source ?? source) && { source: before?.source ?? source }),
      created: before?.created ?? now,
      createdBy: before?.createdBy ?? author,
      lastModified: now,
      lastModifiedBy: author,
    });
  }

  #touch(): number {
    this.revision++;
    this.lastModified = this.clock.timestamp();
    return this.clock.now();
  }
}
