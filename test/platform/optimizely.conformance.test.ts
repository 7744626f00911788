import { isJsonObject, type Json, type JsonObject } from '#json';
import { OptimizelyAdapter, OptimizelyEnvironment, OptimizelyModule } from '#optimizely';
import type { ItemRef } from '#platform';
import { json, type Received } from '../support/hostile-platform.ts';
import { behavesLikeAPlatform } from './behaves-like-a-platform.ts';
import type { PlatformHarness, PlatformItem } from './platform-harness.ts';

const SECTIONS = { propertyGroup: 'propertyGroups', contentType: 'contentTypes', displayTemplate: 'displayTemplates' };
const STAMPS = { created: '2026-01-01', createdBy: 'cms', lastModified: '2026-01-02', lastModifiedBy: 'cms' };
const DEFAULTS: Record<string, JsonObject> = {
  propertyGroup: { sortOrder: 0 },
  contentType: {
    description: '',
    isContract: false,
    sortOrder: 0,
    mayContainTypes: [],
    contracts: [],
    accessRights: null,
  },
  displayTemplate: { isDefault: false, settings: {} },
};

const sectionOf = ({ kind }: ItemRef) => SECTIONS[kind as keyof typeof SECTIONS];
const outcome = (item: ItemRef) => ({ section: sectionOf(item), resource: item.typeKey, message: 'Done.' });
const isItem = (one: ItemRef, other: ItemRef) => one.kind === other.kind && one.typeKey === other.typeKey;
const manifestOf = (items: PlatformItem[]): Json =>
  Object.fromEntries(
    Object.entries(SECTIONS).map(([kind, section]) => [
      section,
      items.filter((item) => item.kind === kind).map(({ payload }) => payload),
    ]),
  );

const KIND_OF_PATH: Record<string, string> = {
  propertygroups: 'propertyGroup',
  contenttypes: 'contentType',
  displaytemplates: 'displayTemplate',
};
const deletedBy = ({ method, path }: Received): ItemRef[] => {
  const [collection, typeKey] = path.split('/').slice(-2).map(decodeURIComponent);
  return method === 'DELETE' ? [{ kind: KIND_OF_PATH[collection!]!, typeKey: typeKey! }] : [];
};
const problem = (status: number, code: string, detail: string) => json(status, { status, code, detail, errors: null });
const inUse = problem(409, 'DependencyConflict', 'Unable to delete it as content instances of this type exist.');

const harness: PlatformHarness = {
  adapter: OptimizelyAdapter,
  environment: 'default',
  install: (url) => {
    const settings = { clientId: 'conformance-id', clientSecret: 'conformance-secret', apiUrl: url, timeoutMs: 800 };
    return { imports: [OptimizelyModule.forRoot([Object.assign(new OptimizelyEnvironment(), settings)])] };
  },
  credentials: ['conformance-secret'],
  items: [
    {
      kind: 'contentType',
      typeKey: 'Article',
      definition: {
        key: 'Article',
        displayName: 'Article',
        baseType: '_page',
        properties: { title: { type: 'string', isRequired: true, group: 'seo' }, teaser: { type: 'content' } },
      },
    },
    {
      kind: 'contentType',
      typeKey: 'Teaser',
      definition: { key: 'Teaser', displayName: 'Teaser', baseType: '_component' },
    },
    { kind: 'propertyGroup', typeKey: 'seo', definition: { key: 'seo', displayName: 'SEO' } },
    {
      kind: 'displayTemplate',
      typeKey: 'Card',
      definition: { key: 'Card', displayName: 'Card', contentType: 'Teaser' },
    },
  ],
  sentIn: ({ body }) => {
    const manifest = JSON.parse(body) as Record<string, { key: string }[]>;
    return Object.entries(SECTIONS).flatMap(([kind, section]) =>
      (manifest[section] ?? []).map((payload) => ({ kind, typeKey: payload.key, payload })),
    );
  },
  filled: (payload, kind) => {
    const { properties } = payload;
    const fill = (property: Json) =>
      isJsonObject(property) ? { isLocalized: false, sortOrder: 0, ...property } : property;
    const entries = isJsonObject(properties) ? Object.entries(properties) : [];
    const all = Object.fromEntries(entries.map(([name, property]) => [name, fill(property)]));
    return { ...DEFAULTS[kind], ...payload, ...STAMPS, ...(kind === 'contentType' && { properties: all }) };
  },
  edit: { displayName: 'Edited by hand' },
  answers: {
    accepted: (items) => json(200, { outcomes: items.map(outcome), errors: [] }),
    refused: (items, refused) =>
      json(200, {
        outcomes: items.filter((item) => !isItem(item, refused)).map(outcome),
        errors: [{ ...outcome(refused), message: 'It is not valid.' }],
      }),
    silentOn: (items, left) => json(200, { outcomes: items.filter((item) => !isItem(item, left)).map(outcome) }),
    holding: (items) => json(200, manifestOf(items)),
  },
  removal: {
    askedIn: deletedBy,
    deleted: (refused) => (response, request) => {
      const [item] = deletedBy(request) as [ItemRef];
      const isRefused = refused !== undefined && isItem(item, refused);
      (isRefused ? inUse : json(200, { key: item.typeKey }))(response, request);
    },
    gone: problem(404, 'NotFound', 'The resource could not be found.'),
  },
  exportFile: manifestOf,
};

describe('Optimizely behaves like a platform:', () => {
  behavesLikeAPlatform(() => harness);
});
