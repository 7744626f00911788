import type { IncomingHttpHeaders } from 'node:http';
import type { ContentType, Property, PropertyLimits } from './model.ts';

/** Whether content could lose data when a type becomes another. */
export function losesData(before: ContentType, after: ContentType): boolean {
  const kept = new Map(Object.entries(after.properties));
  return (
    containsLess(before.mayContainTypes, after.mayContainTypes) ||
    Object.entries(before.properties).some(([name, property]) => propertyLosesData(property, kept.get(name)))
  );
}

/** Whether a client accepts the loss. */
export function ignoresDataLoss(headers: IncomingHttpHeaders): boolean {
  return headers['cms-ignore-data-loss-warnings'] === 'true';
}

export function dataLossWarning(key: string): string {
  return `The changes to '${key}' are considered breaking and could potentially result in data loss. Use the 'ignoreDataLossWarnings' option to apply the changes anyway.`;
}

function propertyLosesData(before: Property, after: Property | undefined): boolean {
  return (
    !after ||
    valueType(before) !== valueType(after) ||
    Boolean(before.isLocalized && !after.isLocalized) ||
    Boolean(!before.isRequired && after.isRequired) ||
    (isIndexed(before) && !isIndexed(after))
  );
}

function valueType({ type, contentType, items }: PropertyLimits & Pick<Property, 'items'>): string {
  return [type, type === 'component' ? contentType : '', items && valueType(items)].join('/');
}

function isIndexed({ indexingType }: Property): boolean {
  return indexingType === 'queryable' || indexingType === 'searchable';
}

function containsLess(before: string[], after: string[]): boolean {
  return !after.includes('*') && before.some((entry) => !after.includes(entry));
}
