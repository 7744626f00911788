import * as fc from 'fast-check';
import { type StepRow, StepPacker } from '../../src/recording/sync.steps.ts';

interface Packed {
  event: { id: string };
  snapshot: { digest: string; storedSize: number; at?: number } | null;
}

/** Results of syncs with contents of some sizes; a few contents come again and again. */
const results = fc.array(
  fc.record({ content: fc.option(fc.nat(5), { nil: undefined }), bytes: fc.nat(900_000), text: fc.nat(2_000) }),
  { minLength: 1, maxLength: 12 },
);

const rowsOf = (drawn: { content?: number; bytes: number; text: number }[]): StepRow[] =>
  drawn.map(({ content, bytes, text }, index) => ({
    step: 'finish',
    row: {
      ...{ id: String(index), status: 'SUCCESS', metadata: null },
      event: { id: String(index), syncId: String(index), type: 'sync.succeeded', data: { text: 'x'.repeat(text) } },
      snapshot:
        content === undefined ? null : snapshotOf(`${content}-${bytes}`, Buffer.alloc(bytes + 1, String(content))),
    },
  })) as unknown as StepRow[];

const snapshotOf = (digest: string, content: Buffer) => ({
  ...{ digest, content, originalSize: content.length, storedSize: content.length, encoding: 'identity' },
});

it('puts each step once and in its order into entries that stay small, and each content where its step says', () => {
  fc.assert(
    fc.property(results, (drawn) => {
      const rows = rowsOf(drawn);
      const entries = new StepPacker(
        () => false,
        () => false,
      ).pack(rows);
      const seen = new Map<string, Buffer>();
      const ids: string[] = [];
      for (const { steps, contents } of entries) {
        const packed = JSON.parse(steps) as Packed[];
        ids.push(...packed.map(({ event }) => event.id));
        for (const { snapshot } of packed) {
          if (!snapshot) continue;
          const { digest, storedSize, at } = snapshot;
          // Without a place, it came with an entry before.
          expect(at !== undefined || seen.has(digest)).toBe(true);
          if (at !== undefined) seen.set(digest, contents!.subarray(at, at + storedSize));
        }
        // One more step than there is room for, and no more.
        expect(steps.length + (contents?.length ?? 0)).toBeLessThan(1_000_000 + 1_000_000);
      }
      expect(ids).toEqual(rows.map((_, index) => String(index)));
      for (const { step, row } of rows) {
        if (step !== 'finish' || !row.snapshot) continue;
        expect(seen.get(row.snapshot.digest)!.equals(row.snapshot.content)).toBe(true);
      }
      const total = entries.reduce((sum, { contents }) => sum + (contents?.length ?? 0), 0);
      expect(total).toBe([...seen.values()].reduce((sum, { length }) => sum + length, 0));
    }),
  );
});
