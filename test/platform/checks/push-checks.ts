import { canonicalDigest, canonicalJson, type Json } from '#json';
import type { ConformanceApp } from '../conformance-app.ts';
import type { OurItem, PlatformHarness } from '../platform-harness.ts';

export function pushChecks(running: () => ConformanceApp, harness: PlatformHarness): void {
  const { items, answers, sentIn } = harness;
  const [first, second, ...more] = items as [OurItem, OurItem, ...OurItem[]];
  const sent = () => running().platform.received.flatMap(sentIn);
  const named = (all: { kind: string; typeKey: string }[]) =>
    all.map(({ kind, typeKey }) => `${kind} ${typeKey}`).sort();

  describe('a push', () => {
    beforeEach(() => {
      running().platform.answers = [answers.accepted(items)];
    });

    it('is recorded before a byte leaves', async () => {
      const { platform, sql } = running();
      const seen: Promise<object[]>[] = [];
      platform.answers = [
        (response, request) => {
          const rows = sql(`select type_key from sync_history where sync_status = 'IN_PROGRESS'`);
          seen.push(rows);
          void rows.then(() => answers.accepted(items)(response, request));
        },
      ];
      await running().push(items);
      expect(seen.length).toBeGreaterThan(0);
      for (const rows of await Promise.all(seen)) expect(rows).toHaveLength(items.length);
    });

    it('sends the payload that was recorded', async () => {
      const { rows } = await running().push(items);
      expect(sent()).toHaveLength(items.length);
      for (const { kind, typeKey, payload } of sent()) {
        const row = rows.find((one) => one.kind === kind && one.typeKey === typeKey);
        expect(row?.pushedDigest).toBe(canonicalDigest(payload));
        expect(await running().snapshots.read(row!.pushedDigest!)).toEqual(payload);
      }
    });

    it('keeps where the target was', async () => {
      const { rows } = await running().push(items);
      const here = running()
        .adapter.environments?.()
        .find(({ name }) => name === harness.environment);
      const { address = null, account = null } = here ?? {};
      for (const row of rows) expect(row).toMatchObject({ targetAddress: address, targetAccount: account });
    });

    it('sends each item once, and nothing else', async () => {
      await running().push([first, second]);
      expect(named(sent())).toEqual(named([first, second]));
    });

    it('is a success where the answer proves it, with the status of HTTP', async () => {
      const { answer, rows } = await running().push(items);
      expect(answer!.items.map(({ status }) => status)).toEqual(items.map(() => 'SUCCESS'));
      expect(rows.map(({ status, code, retryCount }) => [status, code, retryCount])).toEqual(
        items.map(() => ['SUCCESS', null, 0]),
      );
      for (const { statusCode } of rows) expect(statusCode).toBeGreaterThanOrEqual(200);
    });

    it('answers for each item once, and for no other', async () => {
      running().platform.answers = [answers.accepted([...items, { kind: first.kind, typeKey: 'Stranger' }])];
      const { answer, rows } = await running().push([first, second]);
      expect(named(answer!.items.map(({ kind = 'contentType', typeKey }) => ({ kind, typeKey })))).toEqual(
        named([first, second]),
      );
      expect(named(rows)).toEqual(named([first, second]));
    });

    it('fails for the item that was refused, and says why; the others have their own outcome', async () => {
      running().platform.answers = [answers.refused(items, first)];
      const { rows } = await running().push(items);
      for (const row of rows) {
        if (row.typeKey === first.typeKey) {
          expect(row).toMatchObject({ status: 'FAILED', code: expect.stringMatching(/^[A-Z_]+$/) });
          expect(row.message).toMatch(/\w/);
        } else expect(row.status).toBe('SUCCESS');
      }
    });

    it('is no success for an item of which the answer says nothing', async () => {
      running().platform.answers = [answers.silentOn(items, second)];
      const { rows } = await running().push(items);
      for (const { typeKey, status } of rows) {
        expect([typeKey, status]).toEqual([typeKey, typeKey === second.typeKey ? 'FAILED' : 'SUCCESS']);
      }
    });

    it('of one item is answered like one of many', async () => {
      running().platform.answers = [answers.accepted([first])];
      expect((await running().push([first])).rows).toMatchObject([{ typeKey: first.typeKey, status: 'SUCCESS' }]);
    });

    it('of the same item twice is refused, and nothing leaves', async () => {
      const { error, rows } = await running().push([first, ...more, first]);
      expect(error).toMatchObject({ code: 'DUPLICATE_ITEM' });
      expect(rows).toEqual([]);
      expect(running().platform.received).toEqual([]);
    });

    it('sends no item of a kind that the platform does not have', async () => {
      if (!running().adapter.model?.kinds) return;
      const { rows } = await running().push([{ ...first, kind: 'planet' }, second]);
      expect(named(sent())).toEqual(named([second]));
      expect(rows.find(({ kind }) => kind === 'planet')).toMatchObject({ status: 'FAILED' });
    });

    it('leaves the definition of the caller as it is', async () => {
      const before = canonicalJson(items.map(({ definition }) => definition) as Json);
      await running().push(items);
      expect(canonicalJson(items.map(({ definition }) => definition) as Json)).toBe(before);
    });

    it('that is made again sends the same bytes', async () => {
      const bodies: (string | undefined)[] = [];
      for (let time = 0; time < 2; time += 1) {
        await running().push(items);
        bodies.push(running().platform.received.at(-1)?.body);
      }
      expect(bodies[0]).toMatch(/\w/);
      expect(bodies[1]).toBe(bodies[0]);
    });
  });
}
