import type { ItemRef } from '#platform';
import { PlatformError } from '#platform';
import { type Answer, json, raw, reset } from '../../support/hostile-platform.ts';
import { type ConformanceApp, MAX_ATTEMPTS } from '../conformance-app.ts';
import type { OurItem, PlatformHarness } from '../platform-harness.ts';

const UNPROVEN: [string, Answer][] = [
  ['no body', raw(200)],
  ['a page', raw(200, '<html>All is well</html>', { 'content-type': 'text/html' })],
  ['a page that says it is not found', raw(404, '<html>Not found</html>', { 'content-type': 'text/html' })],
  ['half of a JSON text', raw(200, '{"a":')],
  ['null', json(200, null)],
  ['a list', json(200, [])],
  ['an object with nothing in it', json(200, {})],
  ['a 202', raw(202)],
];

/** Of an adapter that can delete. */
export function removalChecks(running: () => ConformanceApp, harness: PlatformHarness): void {
  const { items, removal } = harness;
  const [first, second, third] = items as [OurItem, OurItem, OurItem];
  const named = (all: ItemRef[]) => all.map(({ kind, typeKey }) => `${kind} ${typeKey}`).sort();

  it('can delete, or does not say so', () => {
    expect(running().adapter.remove !== undefined).toBe(removal !== undefined);
  });
  if (!removal) return;
  const asked = () => running().platform.received.flatMap(removal.askedIn);

  describe('a removal', () => {
    beforeEach(() => {
      running().platform.answers = [removal.deleted()];
    });

    it('is recorded before a byte leaves, as a removal that sends nothing', async () => {
      const { platform, sql } = running();
      const seen: Promise<object[]>[] = [];
      platform.answers = [
        (response, request) => {
          const rows = sql(`select removal, pushed_digest as sent, version_hash as version, sync_direction as direction
                            from sync_history where sync_status = 'IN_PROGRESS'`);
          seen.push(rows);
          void rows.then(() => removal.deleted()(response, request));
        },
      ];
      await running().remove(items);
      expect(seen.length).toBeGreaterThan(0);
      for (const rows of await Promise.all(seen)) {
        expect(rows).toEqual(items.map(() => ({ removal: true, sent: null, version: null, direction: 'PUSH' })));
      }
    });

    it('asks for each item once, and for no other', async () => {
      await running().remove([first, second]);
      expect(named(asked())).toEqual(named([first, second]));
    });

    it('of nothing asks for nothing', async () => {
      expect((await running().remove([])).answer?.items).toEqual([]);
      expect(running().platform.received).toEqual([]);
    });

    it('is a success where the answer proves it, with the status of HTTP', async () => {
      const { answer, rows } = await running().remove(items);
      expect(named(answer!.items.map(({ kind = 'contentType', typeKey }) => ({ kind, typeKey })))).toEqual(
        named(items),
      );
      for (const row of rows) {
        expect(row).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED', code: null, retryCount: 0 });
        expect(row.statusCode).toBeGreaterThanOrEqual(200);
      }
    });

    it('of what was gone before is a success as well', async () => {
      running().platform.answers = [removal.gone];
      for (const row of (await running().remove(items)).rows) {
        expect(row).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED', code: null });
      }
    });

    it('fails for the item that is refused, and says why; the others are gone', async () => {
      running().platform.answers = [removal.deleted(second)];
      const { rows } = await running().remove(items);
      expect(named(asked())).toEqual(named(items));
      for (const row of rows) {
        if (row.typeKey === second.typeKey) {
          expect(row).toMatchObject({
            status: 'FAILED',
            outcome: 'NOT_APPLIED',
            code: expect.stringMatching(/^[A-Z_]+$/),
          });
          expect(row.message).toMatch(/\w/);
        } else expect(row).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED' });
      }
    });

    it.each([429, 502, 503, 504])('that met %i is tried again, and ends well for all', async (status) => {
      running().platform.answers = [json(status, {}), removal.deleted()];
      const { rows } = await running().remove(items);
      for (const row of rows) expect(row).toMatchObject({ status: 'SUCCESS', outcome: 'APPLIED' });
      expect(Math.max(...rows.map(({ retryCount }) => retryCount))).toBe(1);
    });

    it.each([400, 403, 409, 422])('that met %i is not', async (status) => {
      running().platform.answers = [json(status, {}), removal.deleted()];
      const { rows } = await running().remove([third]);
      expect(asked()).toHaveLength(1);
      expect(rows).toMatchObject([{ status: 'FAILED', outcome: 'NOT_APPLIED', statusCode: status, retryCount: 0 }]);
    });

    it('whose connection is cut ends by itself, and claims nothing', async () => {
      running().platform.answers = [reset];
      const { error, rows } = await running().remove(items);
      expect(error).toBeInstanceOf(PlatformError);
      for (const row of rows) {
        expect(row).toMatchObject({ status: 'FAILED', outcome: 'UNKNOWN' });
        expect(row.code).not.toBe('ADAPTER_ERROR');
      }
    });

    it.each(UNPROVEN)('is no success by an answer that proves nothing: %s', async (_name, answer) => {
      running().platform.answers = [answer];
      const { rows } = await running().remove([first]);
      expect(rows).toMatchObject([{ status: 'FAILED', message: expect.stringMatching(/\w/) }]);
      expect(rows[0]!.code).not.toBe('ADAPTER_ERROR');
      expect(asked().length).toBeLessThanOrEqual(MAX_ATTEMPTS);
    });

    it('asks for no item of a kind that the platform does not have', async () => {
      if (!running().adapter.model?.kinds) return;
      const { rows } = await running().remove([{ ...first, kind: 'planet' }, second]);
      expect(named(asked())).toEqual(named([second]));
      expect(rows.find(({ kind }) => kind === 'planet')).toMatchObject({ status: 'FAILED', outcome: 'NOT_APPLIED' });
    });
  });
}
