import { pointerSegment } from '#json';
import { TimeSlice } from '#pace';
import { MARK_START, marksIn } from './mark.ts';
import { MAX_MARKS, type LocatedMark, type Redactions } from './redactions.ts';

/** A value, and the names that lead to it. */
interface Step {
  value: unknown;
  name: string | number;
  parent: Step | undefined;
}

/** Values that are looked at between two points at which one pauses. */
const AT_ONCE = 1_000;

/** The marks that stand in JSON, in place of secrets that the record does not have; in no order. */
export async function marksOf(root: unknown): Promise<Redactions> {
  const marks: LocatedMark[] = [];
  let count = 0;
  const slice = new TimeSlice();
  const open: Step[] = [{ value: root, name: '', parent: undefined }];
  const seen = (text: string, step: Step) => {
    if (!text.includes(MARK_START)) return;
    for (const { length, hash } of marksIn(text)) {
      count += 1;
      if (marks.length < MAX_MARKS) marks.push({ pointer: pointerTo(step), length, hash });
    }
  };
  for (let looked = 1, step = open.pop(); step; looked += 1, step = open.pop()) {
    const { value } = step;
    if (typeof value === 'string') seen(value, step);
    else if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index -= 1) push(open, value[index], index, step);
    } else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) {
        const member = { value: (value as Record<string, unknown>)[name], name, parent: step };
        seen(name, member);
        push(open, member.value, name, step);
      }
    }
    if (looked % AT_ONCE === 0 && slice.isOver) await slice.giveWay();
  }
  return { count, marks };
}

function push(open: Step[], value: unknown, name: string | number, parent: Step): void {
  if (typeof value === 'string' ? value.includes(MARK_START) : typeof value === 'object' && value !== null) {
    open.push({ value, name, parent });
  }
}

function pointerTo(step: Step): string {
  const segments: string[] = [];
  for (let at: Step | undefined = step; at?.parent; at = at.parent) segments.push(pointerSegment(String(at.name)));
  return segments
    .toReversed()
    .map((segment) => `/${segment}`)
    .join('');
}
