import { canonicalDigest, canonicalJson, isJsonObject, type Json, type JsonObject } from '#json';
import { DEFAULT_MODEL, PlatformError, platformOf } from '#platform';
import type { ConformanceApp } from '../conformance-app.ts';
import type { PlatformHarness } from '../platform-harness.ts';

export function definitionChecks(running: () => ConformanceApp, { items, filled, environment }: PlatformHarness): void {
  const roundTrip = (definition: JsonObject, kind: string) => {
    const { adapter } = running();
    return adapter.fromPlatform(adapter.toPlatform(definition, kind), kind);
  };

  describe('the adapter', () => {
    it('has the name of its platform', () => {
      expect(platformOf(running().adapter)).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('names its environments, or takes any', () => {
      const configured = running().adapter.environments?.() ?? [{ name: environment }];
      const names = configured.map(({ name }) => name);
      expect(names).toContain(environment);
      expect(new Set(names).size).toBe(names.length);
    });

    it('refuses an environment that is not configured, before anything leaves', async () => {
      if (!running().adapter.environments) return;
      const { error, rows } = await running().push(items, { environment: 'nowhere' });
      expect(error).toMatchObject({ code: 'UNKNOWN_ENVIRONMENT' });
      expect(rows).toEqual([]);
      expect(running().platform.received).toEqual([]);
    });
  });

  describe('a definition', () => {
    it('becomes the same payload each time, and is not changed by that', () => {
      for (const { definition, kind } of items) {
        const before = canonicalJson(definition);
        const payloads = [1, 2].map(() => canonicalJson(running().adapter.toPlatform(definition, kind)));
        expect(payloads[0]).toBe(payloads[1]);
        expect(canonicalJson(definition)).toBe(before);
      }
    });

    it('comes back as it was', () => {
      for (const { definition, kind } of items) {
        expect(canonicalDigest(roundTrip(definition, kind))).toBe(canonicalDigest(definition));
      }
    });

    it('comes back as it was after the platform has filled in what it does', () => {
      for (const { definition, kind } of items) {
        const payload = filled(running().adapter.toPlatform(definition, kind) as JsonObject, kind);
        expect(canonicalJson(payload)).not.toBe(canonicalJson(definition));
        expect(canonicalDigest(running().adapter.fromPlatform(payload, kind))).toBe(canonicalDigest(definition));
      }
    });

    it('is the same when it is read twice', () => {
      for (const { definition, kind } of items) {
        const once = roundTrip(definition, kind);
        expect(canonicalJson(roundTrip(once, kind))).toBe(canonicalJson(once));
      }
    });

    it('is sent with members that nobody knows, and is read without those only that the model calls unknown', () => {
      const { adapter } = running();
      const { unknownFields } = adapter.model ?? DEFAULT_MODEL;
      const [{ definition, kind }] = items as [(typeof items)[0]];
      const odd = JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":null,"future":[1]}') as JsonObject;
      const both = Object.fromEntries([...Object.entries(definition), ...Object.entries(odd)]);
      expect(canonicalJson(adapter.toPlatform(both, kind))).toContain('"future":[1]');
      const unknown = new Set(unknownFields(both, kind));
      const known = Object.entries(both).filter(([member]) => !unknown.has(`/${member}`));
      expect(canonicalJson(roundTrip(both, kind))).toBe(canonicalJson(Object.fromEntries(known)));
    });

    it.each<[Json]>([[null], [1], ['text'], [true], [['a']]])(
      'is not made of %j: no such payload is taken',
      (payload) => {
        const [{ kind }] = items as [(typeof items)[0]];
        let taken: Json | undefined;
        try {
          taken = running().adapter.fromPlatform(payload, kind);
        } catch (error) {
          expect(error).toBeInstanceOf(PlatformError);
        }
        expect(taken === undefined || isJsonObject(taken)).toBe(true);
        expect(taken).toBeUndefined();
      },
    );
  });
}
