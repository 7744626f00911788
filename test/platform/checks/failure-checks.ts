import { PlatformError } from '#platform';
import { json, raw, reset, silence } from '../../support/hostile-platform.ts';
import { type ConformanceApp, MAX_ATTEMPTS, MAX_DELAY_MS } from '../conformance-app.ts';
import type { OurItem, PlatformHarness } from '../platform-harness.ts';

export function failureChecks(running: () => ConformanceApp, { items, answers }: PlatformHarness): void {
  const [first] = items as [OurItem];
  const attemptsOf = async (id: string) => {
    const events = await running().syncs.getEvents(id);
    return events.filter(({ type }) => type === 'attempt.failed').map(({ data }) => data);
  };

  describe('a failure', () => {
    it.each([429, 502, 503, 504])('with %i is tried again', async (status) => {
      running().platform.answers = [json(status, {}), answers.accepted(items)];
      const { rows } = await running().push(items);
      expect(running().platform.received).toHaveLength(2);
      for (const row of rows) expect(row).toMatchObject({ status: 'SUCCESS', retryCount: 1 });
      expect(await attemptsOf(rows[0]!.id)).toMatchObject([{ attempt: 1, statusCode: status }]);
    });

    it.each([400, 403, 404, 409, 413, 422, 501])('with %i is not', async (status) => {
      running().platform.answers = [json(status, {}), answers.accepted(items)];
      const { error, rows } = await running().push(items);
      expect(error).toBeInstanceOf(PlatformError);
      expect(running().pushed).toBe(1);
      for (const row of rows) expect(row).toMatchObject({ status: 'FAILED', statusCode: status, retryCount: 0 });
    });

    it('with 401 ends, and is not taken for the fault of the items', async () => {
      running().platform.answers = [json(401, {})];
      const { error, rows } = await running().push(items);
      expect(error).toBeInstanceOf(PlatformError);
      expect(running().platform.received.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
      for (const row of rows) expect(row.status).toBe('FAILED');
    });

    it('is tried no more often than allowed', async () => {
      running().platform.answers = [json(503, {})];
      const { error, rows } = await running().push(items);
      expect(error).toMatchObject({ retryable: true, statusCode: 503 });
      expect(running().pushed).toBe(MAX_ATTEMPTS);
      for (const row of rows) expect(row).toMatchObject({ status: 'FAILED', retryCount: MAX_ATTEMPTS - 1 });
    });

    it('waits for as long as the platform asks', async () => {
      running().platform.answers = [json(429, {}, { 'retry-after': '5' }), answers.accepted(items)];
      const { rows } = await running().push([first]);
      expect(await attemptsOf(rows[0]!.id)).toMatchObject([{ waitMs: MAX_DELAY_MS }]);
    });

    it.each([
      ['a connection that is cut', reset],
      ['an answer that never comes', silence],
    ])('by %s ends by itself, with a code of its own', async (_name, answer) => {
      running().platform.answers = [answer];
      const { error, rows } = await running().push(items);
      expect(error).toBeInstanceOf(PlatformError);
      expect((error as PlatformError).retryable).not.toBe(false);
      for (const row of rows) {
        expect(row).toMatchObject({ status: 'FAILED', code: expect.stringMatching(/^[A-Z_]+$/) });
        expect(row.code).not.toBe('ADAPTER_ERROR');
      }
    });

    it('of a pull is tried again like that of a push', async () => {
      running().platform.answers = [raw(503), answers.holding([])];
      const { rows } = await running().pull([]);
      expect(running().platform.received).toHaveLength(2);
      expect(rows.filter(({ absent }) => !absent)).toMatchObject([{ status: 'SUCCESS', retryCount: 1 }]);
    });

    it('does not outlive its call: the next one succeeds', async () => {
      running().platform.answers = [json(400, {}), answers.accepted(items)];
      await running().push(items);
      running().platform.answers = [answers.accepted(items)];
      for (const row of (await running().push(items)).rows) expect(row.status).toBe('SUCCESS');
    });
  });
}
