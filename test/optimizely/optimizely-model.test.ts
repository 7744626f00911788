import type { Json, JsonObject } from '#json';
import { OPTIMIZELY_MODEL } from '#optimizely';
import type { ExportContent } from '#platform';

const { readExport, references, unknownFields } = OPTIMIZELY_MODEL;
const entriesOf = (document: Json) => [...(readExport(document) as ExportContent).entries];

describe('a manifest file', () => {
  it('is read in the order in which the CMS applies it, and names what it leaves', () => {
    const file = { contentTypes: [{ key: 'A' }], locales: [], propertyGroups: [{ key: 'g' }], displayTemplates: [] };
    expect(readExport(file)).toMatchObject({ count: 2, ignored: ['locales'] });
    expect(entriesOf(file)).toEqual([
      { place: 'propertyGroups[0]', kind: 'propertyGroup', typeKey: 'g', definition: { key: 'g' } },
      { place: 'contentTypes[0]', kind: 'contentType', typeKey: 'A', definition: { key: 'A' } },
    ]);
  });

  it.each<[Json, string, string]>([
    ['text', '', 'must be an object'],
    [{}, '', 'must have definitions in one of propertyGroups, contentTypes, displayTemplates'],
    [{ contentTypes: [] }, '', 'must have definitions in one of propertyGroups, contentTypes, displayTemplates'],
    [{ contentTypes: null }, 'contentTypes', 'must be a list'],
  ])('%j cannot be read, and the place is named', (file, place, problem) => {
    expect(readExport(file)).toEqual({ place, problem });
  });

  it.each<[Json, string]>([
    [1, 'must be an object'],
    [{}, 'must have a "key"'],
    [JSON.parse('{"__proto__":{"key":"A"}}') as Json, 'must have a "key"'],
    [{ key: 1 }, 'has a "key" that must be a string'],
  ])('with the definition %j names its place', (definition, problem) => {
    expect(entriesOf({ contentTypes: [{ key: 'A' }, definition] })[1]).toEqual({ place: 'contentTypes[1]', problem });
  });
});

describe('the references of a definition', () => {
  const type = (typeKey: string) => ({ kind: 'contentType', typeKey });

  it('are the types and groups that it names, each once, and neither itself nor what every instance has', () => {
    const definition: JsonObject = {
      key: 'Page',
      baseType: '_page',
      mayContainTypes: ['Article', 'Page', '_self', '*', 'BlankSection'],
      contracts: ['Priced', 'globalcontract:_Item'],
      composition: { format: 'outline', allowedTypes: ['Hero', '_section'], restrictedTypes: ['Plain'] },
      properties: {
        title: { type: 'string', group: 'seo' },
        body: { type: 'string', group: 'Content' },
        teaser: { type: 'component', contentType: 'Teaser' },
        more: {
          type: 'array',
          items: { type: 'content', allowedTypes: ['Article', '_image'], restrictedTypes: ['Old'] },
        },
        odd: 1,
      },
    };
    expect(references(definition, 'contentType')).toEqual([
      type('Article'),
      type('Priced'),
      type('Hero'),
      type('Plain'),
      { kind: 'propertyGroup', typeKey: 'seo' },
      type('Teaser'),
      type('Old'),
    ]);
  });

  it('of a display template are its content type', () => {
    expect(references({ key: 'Card', contentType: 'Article' }, 'displayTemplate')).toEqual([type('Article')]);
    expect(references({ key: 'Card', baseType: '_page' }, 'displayTemplate')).toEqual([]);
    expect(references({ key: 'seo', contentType: 'Article' }, 'propertyGroup')).toEqual([]);
  });

  it('are none where there is something else in their place', () => {
    const odd = { mayContainTypes: 'Article', contracts: [1, null, {}], properties: ['x'] };
    expect(references(odd, 'contentType')).toEqual([]);
  });
});

describe('the fields that are not known', () => {
  it('are named by where they stand, whatever stands around them', () => {
    const definition: JsonObject = {
      ...{ key: 'A', displayName: 'A', source: 'x', created: 'then', future: 1, 'a/b': 1 },
      composition: { format: 'grid', layout: 'grid' },
      properties: {
        future: { type: 'string', tomorrow: true, displayName: 'F' },
        list: { type: 'array', items: { type: 'string', maxLenght: 3 } },
        old: { type: 'string', enum: [{ value: 1, label: 'One' }, 2] },
        toString: 1,
      },
    };
    expect(unknownFields(definition, 'contentType')).toEqual([
      '/future',
      '/a~1b',
      '/composition/layout',
      '/properties/future/tomorrow',
      '/properties/list/items/maxLenght',
      '/properties/old/enum/0/label',
    ]);
  });

  it('of the other kinds are those of other kinds too', () => {
    expect(unknownFields({ key: 'seo', displayName: 'SEO', baseType: '_page' }, 'propertyGroup')).toEqual([
      '/baseType',
    ]);
    const settings = { theme: { displayName: 'T', editor: 'select', choices: { red: { displayName: 'R', hue: 1 } } } };
    expect(unknownFields({ key: 'Card', settings }, 'displayTemplate')).toEqual(['/settings/theme/choices/red/hue']);
  });

  it('are none in a kind that is not known', () => {
    expect(unknownFields({ future: 1 }, 'constructor')).toEqual([]);
  });
});
