import { isJsonObject, type Json, type JsonObject } from '#json';

/** The kinds of this platform, in the order the service applies them. */
export const KINDS = ['propertyGroup', 'contentType', 'displayTemplate'] as const;
export type OptimizelyKind = (typeof KINDS)[number];

/** The section of a manifest that holds a kind. */
export const SECTION_OF_KIND = {
  propertyGroup: 'propertyGroups',
  contentType: 'contentTypes',
  displayTemplate: 'displayTemplates',
} as const satisfies Record<OptimizelyKind, string>;

/** One thing that a manifest carries. */
export interface SentItem {
  typeKey: string;
  kind: OptimizelyKind;
}

const MAX_SECTION = 100;

export interface Definition extends JsonObject {
  key: string;
}

/** The body of `POST /manifest`: definitions by section. */
export type Manifest = { [kind in OptimizelyKind as (typeof SECTION_OF_KIND)[kind]]?: Definition[] };
export type Section = keyof Manifest;

export const isOptimizelyKind = (kind: string): kind is OptimizelyKind => KINDS.some((known) => known === kind);

export const isDefinition = (value: Json | undefined): value is Definition =>
  isJsonObject(value) && typeof value['key'] === 'string';

/** The casing and number of section names is not promised: `contentTypes`, `ContentType`, `content-types`. */
export function kindOfSection(section: string): OptimizelyKind | undefined {
  return section.length > MAX_SECTION ? undefined : KIND_OF_NAME.get(plain(section));
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/s$/, '');

const KIND_OF_NAME = new Map(KINDS.map((kind) => [plain(kind), kind]));
