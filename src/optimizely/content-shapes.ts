import type { Json } from '#json';

/** Which values of a field say no more than its absence, and how the objects inside are shaped. */
export interface Shape {
  /** Fields whose values all say something. */
  others?: string[];
  defaults: Record<string, Json[]>;
  /** Fields that hold one object, a map of objects by name, or a list of objects. */
  inside?: Record<string, Inside>;
}

export interface Inside {
  shape: Shape;
  of?: 'map' | 'list';
}

const TEXT: Json[] = ['', null];
const LIST: Json[] = [[], null];
const MAP: Json[] = [{}, null];
const OFF: Json[] = [false, null];
const ZERO: Json[] = [0, null];
const UNSET: Json[] = [null];

const VALUE_DEFAULTS = {
  format: TEXT,
  contentType: TEXT,
  minimum: UNSET,
  maximum: UNSET,
  minLength: UNSET,
  maxLength: UNSET,
  pattern: TEXT,
  enum: LIST,
  allowedTypes: LIST,
  restrictedTypes: LIST,
  editorSettings: MAP,
};

const CHOICE_OF_VALUE: Shape = { others: ['value', 'displayName'], defaults: {} };
const VALUE_INSIDE: Record<string, Inside> = { enum: { shape: CHOICE_OF_VALUE, of: 'list' } };
const VALUE: Shape = { others: ['type'], defaults: VALUE_DEFAULTS, inside: VALUE_INSIDE };

const PROPERTY: Shape = {
  others: ['type'],
  defaults: {
    ...VALUE_DEFAULTS,
    displayName: UNSET,
    description: TEXT,
    isLocalized: OFF,
    isRequired: OFF,
    group: TEXT,
    sortOrder: ZERO,
    indexingType: UNSET,
    displayMode: ['available', null],
    minItems: UNSET,
    maxItems: UNSET,
    items: UNSET,
  },
  inside: { ...VALUE_INSIDE, items: { shape: VALUE } },
};

const COMPOSITION: Shape = { others: ['format'], defaults: { allowedTypes: LIST, restrictedTypes: LIST } };

const CHOICE: Shape = { others: ['displayName'], defaults: { sortOrder: ZERO, isDefault: OFF } };
const SETTING: Shape = {
  others: ['displayName', 'editor'],
  defaults: { sortOrder: ZERO, isDefault: OFF, choices: MAP },
  inside: { choices: { shape: CHOICE, of: 'map' } },
};

const ACCESS_RIGHT: Shape = { others: ['name', 'type'], defaults: {} };

const SHAPE_OF_KIND: Record<string, Shape> = {
  contentType: {
    others: ['key', 'displayName'],
    defaults: {
      description: TEXT,
      baseType: TEXT,
      isContract: OFF,
      sortOrder: ZERO,
      mayContainTypes: LIST,
      mediaFileExtensions: LIST,
      compositionBehaviors: LIST,
      contracts: LIST,
      composition: MAP,
      // Not []: nobody may create it, where null means that everybody may.
      accessRights: UNSET,
      properties: MAP,
    },
    inside: {
      properties: { shape: PROPERTY, of: 'map' },
      composition: { shape: COMPOSITION },
      accessRights: { shape: ACCESS_RIGHT, of: 'list' },
    },
  },
  propertyGroup: { others: ['key', 'displayName'], defaults: { sortOrder: ZERO } },
  displayTemplate: {
    others: ['key', 'displayName'],
    defaults: { nodeType: TEXT, baseType: TEXT, contentType: TEXT, isDefault: OFF, settings: MAP },
    inside: { settings: { shape: SETTING, of: 'map' } },
  },
};

/** The shape of the definitions of a kind; undefined for a kind that Optimizely does not have. */
export function shapeOf(kind: string): Shape | undefined {
  return Object.hasOwn(SHAPE_OF_KIND, kind) ? SHAPE_OF_KIND[kind] : undefined;
}

/** Whether the API has this field, as far as is known here. */
export function isKnown({ others = [], defaults, inside = {} }: Shape, field: string): boolean {
  return others.includes(field) || Object.hasOwn(defaults, field) || Object.hasOwn(inside, field);
}
