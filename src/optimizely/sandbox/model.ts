import type { Shape, Shaped } from './shape.ts';

export const BASE_TYPES = ['_page', '_component', '_media', '_image', '_video', '_folder', '_experience', '_section'];

const LIMITS = {
  format: 'string',
  contentType: 'string',
  minimum: 'number|string',
  maximum: 'number|string',
  minLength: 'int32',
  maxLength: 'int32',
  pattern: 'string',
  enum: { list: { fields: { value: 'number|string', displayName: 'string' } } },
  allowedTypes: { list: 'string' },
  restrictedTypes: { list: 'string' },
  editorSettings: 'object',
} as const satisfies Record<string, Shape>;

const COMPOSITION = {
  fields: { format: 'string', allowedTypes: { list: 'string' }, restrictedTypes: { list: 'string' } },
} as const satisfies Shape;

const PROPERTY = {
  fields: {
    type: 'string',
    displayName: 'string',
    description: 'string',
    isLocalized: 'boolean',
    isRequired: 'boolean',
    group: 'string',
    sortOrder: 'int32',
    indexingType: 'string',
    displayMode: 'string',
    minItems: 'int32',
    maxItems: 'int32',
    // An array inside an array is read, so that a rule can refuse it.
    items: { fields: { type: 'string', ...LIMITS } },
    ...LIMITS,
  },
} as const satisfies Shape;

export const CONTENT_TYPE = {
  fields: {
    key: 'string',
    displayName: 'string',
    description: 'string',
    baseType: 'string',
    isContract: 'boolean',
    sortOrder: 'int32',
    mayContainTypes: { list: 'string' },
    mediaFileExtensions: { list: 'string' },
    compositionBehaviors: { list: 'string' },
    contracts: { list: 'string' },
    composition: COMPOSITION,
    properties: { map: PROPERTY },
    accessRights: { list: { fields: { name: 'string', type: 'string' } } },
  },
} as const satisfies Shape;

const PROPERTY_GROUP = {
  fields: { key: 'string', displayName: 'string', sortOrder: 'int32' },
} as const satisfies Shape;

const DISPLAY_TEMPLATE = {
  fields: {
    key: 'string',
    displayName: 'string',
    nodeType: 'string',
    baseType: 'string',
    contentType: 'string',
    isDefault: 'boolean',
    settings: {
      map: {
        fields: {
          displayName: 'string',
          editor: 'string',
          sortOrder: 'int32',
          choices: { map: { fields: { displayName: 'string', sortOrder: 'int32' } } },
        },
      },
    },
  },
} as const satisfies Shape;

const LOCALE = {
  fields: {
    key: 'string',
    displayName: 'string',
    isEnabled: 'boolean',
    routeSegment: 'string',
    sortOrder: 'int32',
    accessRights: { list: { fields: { name: 'string', type: 'string' } } },
  },
} as const satisfies Shape;

/** The body of a manifest import. */
export const MANIFEST = {
  fields: {
    locales: { list: LOCALE },
    propertyGroups: { list: PROPERTY_GROUP },
    contentTypes: { list: CONTENT_TYPE },
    displayTemplates: { list: DISPLAY_TEMPLATE },
  },
} as const satisfies Shape;

export type ManifestInput = Shaped<typeof MANIFEST>;
export type ContentTypeInput = Shaped<typeof CONTENT_TYPE>;
export type PropertyLimits = Shaped<{ fields: { type: 'string' } & typeof LIMITS }>;

export type Composition = Shaped<typeof COMPOSITION>;
export type Property = Shaped<typeof PROPERTY> & { type: string };
export type Locale = Shaped<typeof LOCALE> & { key: string };
export type PropertyGroup = Shaped<typeof PROPERTY_GROUP> & { key: string; source?: string };
export type DisplayTemplate = Shaped<typeof DISPLAY_TEMPLATE> & { key: string };

/** A content type with the defaults that the service fills in. */
export type ContentType = Omit<
  Required<ContentTypeInput>,
  'baseType' | 'accessRights' | 'composition' | 'properties'
> & {
  properties: { [name: string]: Property };
  baseType?: string;
  composition?: Composition;
  accessRights?: { name?: string; type?: string }[];
};

/** A content type as the API answers it. */
export type StoredContentType = ContentType & {
  source?: string;
  created: string;
  createdBy: string;
  lastModified: string;
  lastModifiedBy: string;
};
