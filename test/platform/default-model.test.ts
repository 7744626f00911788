import { Test } from '@nestjs/testing';
import type { Json } from '#json';
import { DEFAULT_MODEL, type ExportContent, Platform, PlatformModule, PlatformRegistry } from '#platform';

const entriesOf = (document: Json) => [...(DEFAULT_MODEL.readExport(document) as ExportContent).entries];

describe('the model of a platform that gives none', () => {
  it('reads items with their definitions, and names the members that it leaves', () => {
    const definition = { name: 'text' };
    const document: Json = {
      items: [
        { typeKey: 'A', definition },
        { kind: 'unit', typeKey: 'B', definition },
      ],
      version: 1,
    };
    expect(DEFAULT_MODEL.readExport(document)).toMatchObject({ count: 2, ignored: ['version'] });
    expect(entriesOf(document)).toEqual([
      { place: 'items[0]', kind: 'contentType', typeKey: 'A', definition },
      { place: 'items[1]', kind: 'unit', typeKey: 'B', definition },
    ]);
  });

  it.each<[Json, string]>([
    [null, ''],
    [[], ''],
    [{}, 'items'],
    [JSON.parse('{"__proto__":{"items":[1]}}') as Json, 'items'],
    [{ items: {} }, 'items'],
    [{ items: [] }, 'items'],
  ])('cannot read %j, and names the place', (document, place) => {
    expect(DEFAULT_MODEL.readExport(document)).toMatchObject({ place, problem: expect.stringMatching(/^must /) });
  });

  it.each<Json>([
    1,
    {},
    { typeKey: 1, definition: {} },
    { typeKey: 'A' },
    { typeKey: 'A', definition: [] },
    { typeKey: 'A', definition: {}, kind: 1 },
  ])('cannot read the entry %j, and names its place', (entry) => {
    expect(entriesOf({ items: [entry] })).toEqual([{ place: 'items[0]', problem: expect.any(String) }]);
  });

  it.each<['added' | 'removed' | 'modified', Json | undefined, Json | undefined, string]>([
    ['added', undefined, 1, 'additive'],
    ['removed', 1, undefined, 'breaking'],
    ['modified', 1, 2, 'breaking'],
    ['modified', ['a', 'b'], ['b', 'a'], 'breaking'],
    ['modified', [{ key: 'a' }, { key: 'b' }], [{ key: 'b' }, { key: 'a' }], 'cosmetic'],
  ])('takes what is %s from %j to %j for %s', (change, before, after, impact) => {
    const values = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
    expect(DEFAULT_MODEL.impactOf({ change, names: ['displayName'], ...values }, {})).toBe(impact);
  });

  it('knows of no references and of no field that it does not know', () => {
    expect(DEFAULT_MODEL.references({ group: 'a' }, 'contentType')).toEqual([]);
    expect(DEFAULT_MODEL.unknownFields({ group: 'a' }, 'contentType')).toEqual([]);
  });
});

describe('the registry', () => {
  const model = { ...DEFAULT_MODEL };
  @Platform('with-model')
  class WithModel {
    readonly model = model;
  }
  @Platform('without-model')
  class WithoutModel {}
  const registryOf = async (...providers: (new () => object)[]) => {
    const app = await Test.createTestingModule({ imports: [PlatformModule], providers }).compile();
    await app.init();
    return app.get(PlatformRegistry);
  };

  it('gives the model of a platform, and the default where it has none or is not installed', async () => {
    const registry = await registryOf(WithModel, WithoutModel);
    expect(registry.model('with-model')).toBe(model);
    expect(registry.model('without-model')).toBe(DEFAULT_MODEL);
    expect(registry.model('nobody')).toBe(DEFAULT_MODEL);
  });

  it('takes the only platform where none is named, and asks which is meant where there are several', async () => {
    const one = await registryOf(WithModel);
    expect([one.meant(), one.meant('nobody'), one.meantToWrite()]).toEqual(['with-model', 'nobody', 'with-model']);
    expect(() => one.meantToWrite('nobody')).toThrow('There is no platform "nobody"');
    const both = await registryOf(WithModel, WithoutModel);
    expect(both.meant('without-model')).toBe('without-model');
    expect(() => both.meant()).toThrow('Installed platforms: with-model, without-model.');
    expect(() => both.meant()).toThrow(expect.objectContaining({ code: 'PLATFORM_REQUIRED', httpStatus: 400 }));
  });
});
