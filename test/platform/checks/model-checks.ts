import { canonicalJson, isJsonObject, type Json } from '#json';
import { DEFAULT_MODEL, type ExportContent } from '#platform';
import { ContentTypeHasher, VersionDiff } from '#versioning';
import type { ConformanceApp } from '../conformance-app.ts';
import type { PlatformHarness } from '../platform-harness.ts';

export function modelChecks(running: () => ConformanceApp, { items, exportFile }: PlatformHarness): void {
  const model = () => running().adapter.model ?? DEFAULT_MODEL;

  describe('the model', () => {
    it('has each kind once, and every kind of the items', () => {
      const { kinds } = model();
      if (!kinds) return;
      expect(new Set(kinds).size).toBe(kinds.length);
      for (const { kind } of items) expect(kinds).toContain(kind);
    });

    it('leaves what only the server sets out of the hash', () => {
      const hasher = new ContentTypeHasher();
      const stamps = Object.fromEntries(Array.from(model().serverSet, (member): [string, Json] => [member, 'x']));
      for (const { definition } of items) {
        const hash = hasher.generateHash(definition, model());
        expect(hasher.generateHash({ ...definition, ...stamps }, model())).toBe(hash);
      }
    });

    it('finds the key in each definition that repeats it', () => {
      const { keyMember } = model();
      for (const { definition, typeKey } of items) {
        const named = keyMember !== undefined && Object.hasOwn(definition, keyMember) ? definition[keyMember] : typeKey;
        expect(named).toBe(typeKey);
      }
    });

    it('tells what a change means, whatever is changed', () => {
      for (const { definition } of items) {
        for (const other of [null, {}, { ...definition, future: 1 }, ...items.map((item) => item.definition)]) {
          const { changes, impact } = VersionDiff.between(definition, other, model());
          const expected = changes.length === 0 ? /^none$/ : /^(additive|breaking|cosmetic)$/;
          expect(impact).toMatch(expected);
        }
      }
    });

    it('takes a new definition for additive, and one that goes for breaking', () => {
      for (const { definition } of items) {
        expect(VersionDiff.between(null, definition, model()).impact).toBe('additive');
        expect(VersionDiff.between(definition, null, model()).impact).toBe('breaking');
      }
    });

    it.each<[Json]>([[null], [1], ['text'], [[]], [{}], [{ items: 1 }], [JSON.parse('{"__proto__":[]}') as Json]])(
      'cannot read %j as an export file, and says where it is wrong',
      (document) => {
        expect(model().readExport(document)).toEqual({ place: expect.any(String), problem: expect.any(String) });
      },
    );

    it('reads an export file of the platform, each item with its place', () => {
      if (!exportFile) return;
      const payloads = items.map((item) => ({
        ...item,
        payload: running().adapter.toPlatform(item.definition, item.kind),
      }));
      const { count, entries } = model().readExport(exportFile(payloads)) as ExportContent;
      const read = [...entries];
      expect(count).toBe(items.length);
      expect(new Set(read.map(({ place }) => place)).size).toBe(items.length);
      const found = read.map((entry) => ('problem' in entry ? entry.problem : `${entry.kind} ${entry.typeKey}`));
      expect(found.toSorted()).toEqual(items.map(({ kind, typeKey }) => `${kind} ${typeKey}`).toSorted());
    });

    it('puts each definition into its export file as it is, and does not look into it', () => {
      const standIns = items.map(({ kind, typeKey }, index) => ({ kind, typeKey, definition: { 'stand-in': index } }));
      let text = JSON.stringify(model().writeExport(standIns));
      for (const [index, { definition }] of items.entries()) {
        const standIn = `{"stand-in":${index}}`;
        expect(text.split(standIn)).toHaveLength(2);
        text = text.replace(standIn, () => JSON.stringify(definition));
      }
      expect(text).toBe(JSON.stringify(model().writeExport(items)));
    });

    it('refers to items of its own kinds, and never to the definition itself', () => {
      for (const { kind, typeKey, definition } of items) {
        for (const reference of model().references(definition, kind)) {
          expect(model().kinds ?? [reference.kind]).toContain(reference.kind);
          expect(reference).not.toEqual({ kind, typeKey });
        }
      }
    });

    it('knows every field of the items, and changes none', () => {
      for (const { kind, definition } of items) {
        const before = canonicalJson(definition);
        expect(model().unknownFields(definition, kind)).toEqual([]);
        expect(isJsonObject(definition) && canonicalJson(definition)).toBe(before);
      }
    });
  });
}
