import { composedPropertyIssues } from './composition.rules.ts';
import type { SeedModel } from './seed-model.ts';
import type { ContentType, Property, PropertyLimits } from './model.ts';
import type { Issue } from './error-answer.ts';
import { choiceIssues, countIssues, lengthIssues } from './text-rules.ts';

const PRIMITIVES = ['string', 'url', 'boolean', 'integer', 'float', 'dateTime', 'richText'];
const ITEM_TYPES = [...PRIMITIVES, 'contentReference', 'content', 'link', 'json', 'component'];
const NOT_IN_ELEMENTS = new Set(['component', 'content', 'json']);

/** The types of property that a setting may stand on; the other settings may stand on all. */
const SETTINGS = {
  minimum: ['integer', 'float', 'dateTime'],
  maximum: ['integer', 'float', 'dateTime'],
  enum: ['string', 'integer', 'float', 'dateTime'],
  minLength: ['string'],
  maxLength: ['string'],
  pattern: ['string'],
  minItems: ['array'],
  maxItems: ['array'],
  items: ['array'],
  contentType: ['component', 'content', 'contentReference'],
  allowedTypes: ['content', 'contentReference', 'composition'],
  restrictedTypes: ['content', 'contentReference', 'composition'],
} satisfies Partial<Record<keyof Property, string[]>>;

/** What the service refuses in one property of a type. */
export function* propertyIssues(
  name: string,
  property: Property,
  owner: ContentType,
  model: SeedModel,
): Generator<Issue> {
  const path = `properties.${name}`;
  yield* lengthIssues(property.displayName, `${path}.displayName`, 0, 255);
  yield* lengthIssues(property.description, `${path}.description`, 0, 2000);
  yield* choiceIssues(property.displayMode, ['available', 'hidden'], `${path}.displayMode`);
  yield* choiceIssues(property.indexingType, ['disabled', 'queryable', 'searchable'], `${path}.indexingType`);
  if (property.group !== undefined && !model.hasGroup(property.group)) {
    const detail = `The property group '${property.group}' does not match an existing group.`;
    yield { detail, field: `${path}.group` };
  }
  const { indexingType } = property;
  const valueType = property.items?.type ?? property.type;
  if (indexingType && indexingType !== 'disabled' && !PRIMITIVES.includes(valueType)) {
    yield settingNotAllowed(`IndexingType.${capitalised(indexingType)}`, property.type, `${path}.indexingType`);
  }
  if (owner.compositionBehaviors.includes('elementEnabled') && NOT_IN_ELEMENTS.has(valueType)) {
    yield { detail: `The property '${name}' is not allowed when content type has ElementEnabled.`, field: path };
  }
  if (property.type === 'composition') yield* composedPropertyIssues(name, property, owner, model);
  yield* limitIssues(path, property, [...ITEM_TYPES, 'array', 'composition'], model);
  if (property.items) yield* limitIssues(`${path}.items`, property.items, ITEM_TYPES, model);
  else if (property.type === 'array') yield { detail: `The property '${name}' must have items.`, field: path };
}

function* limitIssues(path: string, limits: PropertyLimits, types: string[], model: SeedModel): Generator<Issue> {
  const { type = '', contentType, allowedTypes = [], restrictedTypes = [] } = limits;
  if (!types.includes(type)) {
    yield* choiceIssues(type, types, `${path}.type`);
    return;
  }
  for (const [setting, allowedOn] of Object.entries(SETTINGS)) {
    if (Object.hasOwn(limits, setting) && !allowedOn.includes(type)) {
      yield settingNotAllowed(capitalised(setting), type, `${path}.${setting}`);
    }
  }
  yield* scalarIssues(path, limits);
  if (type === 'component' && contentType === undefined) {
    yield { detail: `A component needs a content type.`, field: `${path}.contentType` };
  }
  if (contentType !== undefined && !model.type(contentType)) {
    yield { detail: `Unable to find a content type '${contentType}'`, field: `${path}.contentType` };
  }
  if (contentType !== undefined && allowedTypes.length > 0) {
    yield {
      detail: `The settings 'ContentType' and 'AllowedTypes' cannot be combined.`,
      field: `${path}.allowedTypes`,
    };
  }
  yield* referenceIssues(allowedTypes, `${path}.allowedTypes`, model);
  yield* referenceIssues(restrictedTypes, `${path}.restrictedTypes`, model);
}

/** What the service refuses in a list of types and base types. */
export function* referenceIssues(names: string[] = [], field: string, model: SeedModel): Generator<Issue> {
  yield* countIssues(names, field);
  for (const name of names) {
    if (name === '*' ? model.strict : !model.hasReference(name)) {
      yield { detail: `Unable to find a content type '${name}'`, field };
    }
  }
}

function* scalarIssues(
  path: string,
  { type, minimum, maximum, enum: choices, pattern }: PropertyLimits,
): Generator<Issue> {
  const expected = type === 'integer' || type === 'float' ? 'number' : 'string';
  const enumerated = choices?.map(({ value }) => value) ?? [];
  yield* countIssues(enumerated, `${path}.enum`);
  for (const [field, values] of Object.entries({ minimum: [minimum], maximum: [maximum], enum: enumerated })) {
    const wrong = values.find((value) => value !== undefined && typeof value !== expected);
    if (wrong !== undefined) {
      const detail = `The value '${wrong}' of '${field}' does not match the property's type '${type}'.`;
      yield { detail, field: `${path}.${field}` };
    }
  }
  if (pattern !== undefined && !isRegex(pattern)) {
    yield { detail: `The pattern '${pattern}' is not a regular expression.`, field: `${path}.pattern` };
  }
}

function settingNotAllowed(setting: string, type: string, field: string): Issue {
  return { detail: `Setting '${setting}' is not allowed on property of type '${type}'.`, field };
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function isRegex(pattern: string): boolean {
  try {
    // Cut first: it is put together, and never asked to match.
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}
