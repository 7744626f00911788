import type { RecordedCall, SyncAnswer } from '#platform';
import { InterruptedError, NotTrackedYetError } from '#tracking';
import { TrackedCall } from '../../../src/tracking/tracked-call.ts';
import type { ConformanceApp } from '../conformance-app.ts';
import type { PlatformHarness } from '../platform-harness.ts';

type Method = 'push' | 'pull' | 'remove';

export function permitChecks(running: () => ConformanceApp, { items, answers, removal }: PlatformHarness): void {
  const methods: Method[] = removal ? ['push', 'pull', 'remove'] : ['push', 'pull'];
  /** The method below the interceptors, with a call of which the test says whether it may leave. */
  const below = async (method: Method, permit: RecordedCall['permit']): Promise<SyncAnswer> => {
    const { adapter } = running();
    const recorded = items.map((item) => running().recorded(item));
    const asked = method === 'push' ? recorded : recorded.map(({ kind, typeKey }) => ({ kind, typeKey }));
    const call = new TrackedCall({ items: asked, context: running().contextOf() });
    call.recorded = { items: asked, context: call.context, permit };
    const ofClass = Object.getPrototypeOf(adapter) as Record<typeof method, (call: TrackedCall) => Promise<SyncAnswer>>;
    return ofClass[method].call(adapter, call);
  };
  const answer = (method: Method) => {
    const held = items.map((item) => ({ ...item, payload: running().adapter.toPlatform(item.definition, item.kind) }));
    const good = { push: answers.accepted(items), pull: answers.holding(held), remove: removal?.deleted() };
    running().platform.answers = [good[method]!];
  };

  describe.each(methods)('the permit of a %s', (method) => {
    it('is asked for before a byte leaves', async () => {
      answer(method);
      const leftBefore: number[] = [];
      const permit = () => Promise.resolve(void leftBefore.push(running().platform.received.length));
      const { items: outcomes } = await below(method, permit);
      expect(outcomes).toHaveLength(items.length);
      expect(leftBefore.length).toBeGreaterThan(0);
      expect(leftBefore[0]).toBe(0);
    });

    it('that is refused lets nothing leave, and the refusal is what the caller gets', async () => {
      answer(method);
      const refusal = new InterruptedError();
      await expect(below(method, () => Promise.reject(refusal))).rejects.toBe(refusal);
      expect(running().platform.received).toEqual([]);
    });

    it('is waited for, however long it takes', async () => {
      answer(method);
      const permitted = Promise.withResolvers<void>();
      const call = below(method, () => permitted.promise);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(running().platform.received).toEqual([]);
      permitted.resolve();
      await call;
      expect(running().platform.received.length).toBeGreaterThan(0);
    });

    it('cannot be gone round: a call that nobody recorded is refused', async () => {
      const { adapter } = running();
      const ofClass = Object.getPrototypeOf(adapter) as Record<typeof method, (call: object) => Promise<SyncAnswer>>;
      const call = { items: items.map((item) => running().recorded(item)), context: running().contextOf() };
      await expect(ofClass[method].call(adapter, call)).rejects.toBeInstanceOf(NotTrackedYetError);
      expect(running().platform.received).toEqual([]);
    });
  });
}
