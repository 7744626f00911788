import type { ContentTypeInput, Locale, PropertyGroup } from './model.ts';

const SYSTEM = '_system';
const GLOBAL_CONTRACT = 'globalcontract';

const CONTRACTS = ['_Metadata', '_Item', '_AssetMetadata', '_AssetItem', '_ImageMetadata', '_ImageItem'];

/** The content types of a fresh instance. */
export const BUILT_IN_TYPES: (ContentTypeInput & { source: string })[] = [
  { key: 'BlankExperience', displayName: 'Blank Experience', baseType: '_experience', source: SYSTEM },
  { key: 'BlankSection', displayName: 'Blank Section', baseType: '_section', source: SYSTEM },
  { key: 'SysContentFolder', displayName: 'Folder', baseType: '_folder', source: SYSTEM },
  { key: 'GenericMedia', displayName: 'Generic Media', baseType: '_media', source: SYSTEM },
  { key: 'ImageMedia', displayName: 'Image Media', baseType: '_image', source: SYSTEM },
  { key: 'VideoMedia', displayName: 'Video Media', baseType: '_video', source: SYSTEM },
  ...CONTRACTS.map((name) => ({
    key: `${GLOBAL_CONTRACT}:${name}`,
    displayName: name,
    isContract: true,
    source: GLOBAL_CONTRACT,
  })),
];

export const BUILT_IN_GROUPS: PropertyGroup[] = [
  'Content',
  'Scheduling',
  'Settings',
  'Shortcut',
  'Categories',
  'DynamicBlocks',
].map((key, index) => ({ key, displayName: key, sortOrder: 10 * (index + 1), source: SYSTEM }));

export const BUILT_IN_LOCALES: Locale[] = [
  { key: 'en', displayName: 'English', isEnabled: true, routeSegment: 'en', sortOrder: 100 },
  { key: 'sv', displayName: 'Swedish', isEnabled: false, routeSegment: 'sv', sortOrder: 200 },
];

/** How the service refuses to delete a built-in type; undefined where it does delete. */
export function deletionRefusal(type: {
  key: string;
  source?: string;
}): { status: 400 | 409; code: string } | undefined {
  if (type.source === GLOBAL_CONTRACT) return { status: 409, code: 'DependencyConflict' };
  // Surprising and so seen on a live instance: BlankExperience does go.
  if (type.source === SYSTEM && type.key !== 'BlankExperience') return { status: 400, code: 'InvalidRequest' };
  return undefined;
}
