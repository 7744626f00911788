import type { RedactedNames } from '../tracking-options.ts';
import { Glance } from './glance.ts';
import { JsonWalk } from './json-walk.ts';
import { type Mark, markOf, marksIn } from './mark.ts';
import { mayHaveSecrets } from './may-have-secrets.ts';
import type { Redacted, Redactions, Steps } from './redactions.ts';
import { SecretNames } from './secret-names.ts';
import { type Range, secretsIn } from './secret-shapes.ts';

/** Rounds in which what a mark has laid bare is looked for. */
const MAX_ROUNDS = 8;
const NONE: Redactions = { count: 0, marks: [] };

interface Rules {
  members: SecretNames;
  /** In texts, where names that were added are not looked for. */
  texts: SecretNames;
}

/** The key of the marks, once a secret is found. */
type KeySource = () => Buffer;

/**
 * Leaves out what authorises somebody, and says so in its place. The same secret has the same mark under the same key, so
 * that values can still be compared, and what is redacted already stays as it is.
 */
export class Redactor {
  private readonly rules: Rules;

  constructor(
    private readonly key: KeySource,
    names: RedactedNames = {},
  ) {
    this.rules = { members: new SecretNames(names), texts: new SecretNames({ except: names.except }) };
  }

  text(text: string): string {
    return mayHaveSecrets(text) ? done(this.textSteps(text)).text : text;
  }

  /** A value of JSON. What is not plain stays as it is. */
  json<T>(value: T): Redacted<T> {
    return this.isClean(value) ? { value, ...NONE } : done(this.steps(value));
  }

  /** The same for a value of any size, in steps between which one may pause. */
  *steps<T>(value: T): Steps<Redacted<T>> {
    if (this.isClean(value)) return { value, ...NONE };
    return (yield* new JsonWalk(value, this, this.rules.members).run()) as Redacted<T>;
  }

  /** Whether the value has no secret and no mark, where it is small enough to tell at once. */
  private isClean(value: unknown): boolean {
    return new Glance(this.rules.members).isClean(value);
  }

  *textSteps(text: string): Steps<{ text: string; marks: Mark[] }> {
    let now = text;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const next = this.marked(now, yield* secretsIn(now, this.rules.texts));
      if (next === now) break;
      now = next;
    }
    return { text: now, marks: marksIn(now) };
  }

  mark(secret: string): string {
    return markOf(secret, this.key());
  }

  private marked(text: string, found: Range[]): string {
    const ranges = united(found, marksIn(text));
    if (ranges.length === 0) return text;
    const parts: string[] = [];
    let from = 0;
    for (const [start, end] of ranges) {
      parts.push(text.slice(from, start), this.mark(text.slice(start, end)));
      from = end;
    }
    return parts.join('') + text.slice(from);
  }
}

/** Runs steps without a pause. */
function done<T>(steps: Steps<T>): T {
  for (;;) {
    const { done: isDone, value } = steps.next();
    if (isDone) return value;
  }
}

/** Ranges that touch or overlap as one, in order, without what belongs to a mark. */
function united(found: Range[], marks: { start: number; end: number }[]): Range[] {
  const free = found.flatMap((range) => without(range, marks));
  const sorted = free.toSorted(([a], [b]) => a - b);
  const ranges: Range[] = [];
  for (const [start, end] of sorted) {
    const last = ranges.at(-1);
    if (last && start < last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
}

function without([start, end]: Range, marks: { start: number; end: number }[]): Range[] {
  const left: Range[] = [];
  let from = start;
  for (const mark of marks) {
    if (mark.end <= from || mark.start >= end) continue;
    if (mark.start > from) left.push([from, mark.start]);
    from = mark.end;
  }
  if (from < end) left.push([from, end]);
  return left;
}
