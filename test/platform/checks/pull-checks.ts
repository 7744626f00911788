import { canonicalDigest, type JsonObject } from '#json';
import { type ConformanceApp, type Made } from '../conformance-app.ts';
import type { OurItem, PlatformHarness, PlatformItem } from '../platform-harness.ts';

export function pullChecks(running: () => ConformanceApp, harness: PlatformHarness): void {
  const { items, answers, filled, sentIn, edit = { editedByHand: 'yes' } } = harness;
  const [first, second, ...others] = items as [OurItem, OurItem, ...OurItem[]];
  /** What the platform holds once it has been sent these. */
  const held = (from: OurItem[] = items): PlatformItem[] =>
    from.map((item) => {
      const payload = running().adapter.toPlatform(item.definition, item.kind) as JsonObject;
      return { kind: item.kind, typeKey: item.typeKey, payload: filled(payload, item.kind) };
    });
  const outcomes = ({ rows }: Made) =>
    rows
      .filter(({ typeKey }) => typeKey !== '*')
      .map(({ typeKey, status }) => `${typeKey} ${status}`)
      .sort();
  const hashes = ({ rows }: Made) =>
    Object.fromEntries(rows.filter(({ typeKey }) => typeKey !== '*').map((row) => [row.typeKey, row.versionHash]));

  describe('a pull', () => {
    beforeEach(() => {
      running().platform.answers = [answers.holding(held())];
    });

    it('without items brings everything that the platform holds, in our terms', async () => {
      const made = await running().pull([]);
      expect(outcomes(made)).toEqual(items.map(({ typeKey }) => `${typeKey} SUCCESS`).sort());
      for (const { kind, typeKey, data } of made.answer!.items) {
        const ours = items.find((item) => item.typeKey === typeKey && item.kind === (kind ?? 'contentType'));
        expect(canonicalDigest(data!)).toBe(canonicalDigest(ours!.definition));
      }
    });

    it('with items brings these alone', async () => {
      expect(outcomes(await running().pull([second]))).toEqual([`${second.typeKey} SUCCESS`]);
    });

    it('has an outcome for each item that is asked for, also for one that is not there', async () => {
      running().platform.answers = [answers.holding(held([second, ...others]))];
      const made = await running().pull([first, second]);
      expect(made.error).toBeUndefined();
      expect(outcomes(made)).toEqual([`${first.typeKey} FAILED`, `${second.typeKey} SUCCESS`].sort());
      expect(made.rows.find(({ typeKey }) => typeKey === first.typeKey)).toMatchObject({
        code: 'NOT_FOUND',
        absent: true,
      });
    });

    it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
      'takes nothing that objects inherit for an item: %s',
      async (typeKey) => {
        const { rows } = await running().pull([{ kind: first.kind, typeKey }]);
        expect(rows).toMatchObject([{ typeKey, status: 'FAILED', code: 'NOT_FOUND' }]);
      },
    );

    it('of a platform that holds nothing brings nothing, and succeeds', async () => {
      running().platform.answers = [answers.holding([])];
      const { rows } = await running().pull([]);
      // Each item that stood there before is gone now, which is a fact of its own.
      expect(rows.filter(({ absent }) => !absent).map(({ status }) => status)).toEqual(['SUCCESS']);
      expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['SUCCESS']));
    });

    it('is recorded before it leaves', async () => {
      const { platform, sql } = running();
      let seen: Promise<object[]> | undefined;
      platform.answers = [
        (response, request) => {
          seen = sql(`select 1 from sync_history where sync_status = 'IN_PROGRESS' and sync_direction = 'PULL'`);
          void seen.then(() => answers.holding(held())(response, request));
        },
      ];
      await running().pull([first]);
      expect(await seen).toHaveLength(1);
    });

    it('sends no definition', async () => {
      await running().pull(items);
      for (const request of running().platform.received) expect(request.body).toBe('');
    });
  });

  describe('a pull after a push', () => {
    it('has the hash of what was sent', async () => {
      running().platform.answers = [answers.accepted(items)];
      const pushed = hashes(await running().push(items));
      const sent = running().platform.received.flatMap(sentIn);
      const stored = sent.map((item) => ({ ...item, payload: filled(item.payload as JsonObject, item.kind) }));
      running().platform.answers = [answers.holding(stored)];
      expect(hashes(await running().pull([]))).toEqual(pushed);
      running().platform.answers = [answers.holding(stored)];
      expect(hashes(await running().pull(items))).toEqual(pushed);
    });

    it('has another hash for what somebody has changed, and for nothing else', async () => {
      running().platform.answers = [answers.accepted(items)];
      const pushed = hashes(await running().push(items));
      const [changed, ...same] = held();
      const edited = { ...changed!, payload: { ...(changed!.payload as JsonObject), ...edit } };
      running().platform.answers = [answers.holding([edited, ...same])];
      const pulled = hashes(await running().pull([]));
      expect(pulled[first.typeKey]).not.toBe(pushed[first.typeKey]);
      expect({ ...pulled, [first.typeKey]: null }).toEqual({ ...pushed, [first.typeKey]: null });
    });
  });
}
