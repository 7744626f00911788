import type { ContentType, ContentTypeInput, Property, StoredContentType } from './model.ts';

/** What a GET gives back for a content type that was sent: absent fields have their defaults; a contract has no base type. */
export function withDefaults({ baseType, accessRights, ...input }: ContentTypeInput): ContentType {
  return {
    key: '',
    displayName: '',
    isContract: false,
    description: '',
    sortOrder: 0,
    mayContainTypes: [],
    mediaFileExtensions: [],
    compositionBehaviors: [],
    contracts: [],
    ...input,
    ...(baseType !== undefined && !input.isContract && { baseType }),
    ...(accessRights && { accessRights }),
    properties: Object.fromEntries(
      Object.entries(input.properties ?? {}).map(([name, property]) => [name, propertyDefaults(property)]),
    ),
  };
}

/** The definition alone, as it was sent. */
export function withoutServerFields(stored: StoredContentType | undefined): ContentType | undefined {
  if (!stored) return undefined;
  const { source: _, created: _1, createdBy: _2, lastModified: _3, lastModifiedBy: _4, ...definition } = stored;
  return definition;
}

function propertyDefaults({ allowedTypes = [], restrictedTypes = [], ...property }: Partial<Property>): Property {
  const holdsContent = property.type === 'content' || property.type === 'contentReference';
  return {
    type: '',
    isLocalized: false,
    isRequired: false,
    sortOrder: 0,
    ...((holdsContent || allowedTypes.length > 0) && { allowedTypes }),
    ...((holdsContent || restrictedTypes.length > 0) && { restrictedTypes }),
    ...property,
  };
}
