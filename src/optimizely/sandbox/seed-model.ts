import { BASE_TYPES, type ContentType } from './model.ts';
import type { Tenant } from './tenant.ts';

/** What a rule may refer to: the model of a tenant as it would be with the incoming types. */
export class SeedModel {
  readonly #incoming: ReadonlyMap<string, ContentType>;

  constructor(
    private readonly tenant: Tenant,
    incoming: ContentType[],
    /** Refuse `*` in `allowedTypes`, as the live service is reported to do. */
    readonly strict: boolean,
  ) {
    this.#incoming = new Map(incoming.map((type) => [type.key, type]));
  }

  existing(key: string): (ContentType & { source?: string }) | undefined {
    return this.tenant.contentTypes.get(key)?.body;
  }

  type(key: string): ContentType | undefined {
    return this.#incoming.get(key) ?? this.existing(key);
  }

  newTypes(): Map<string, ContentType> {
    return new Map([...this.#incoming].filter(([key]) => !this.existing(key)));
  }

  hasGroup(key: string): boolean {
    return this.tenant.propertyGroups.get(key) !== undefined;
  }

  /** Whether a list of types may name this: a content type or a base type. */
  hasReference(name: string): boolean {
    return BASE_TYPES.includes(name) || this.type(name) !== undefined;
  }
}
