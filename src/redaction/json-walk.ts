import { pointerSegment } from '#json';
import { isPlain, nameIn, SMALL } from './glance.ts';
import { isMark, type Mark, marksIn } from './mark.ts';
import { mayHaveSecrets } from './may-have-secrets.ts';
import { type LocatedMark, type Marker, MAX_MARKS, type Redacted, type Steps } from './redactions.ts';
import { isHarmless, type SecretNames, type Secrecy } from './secret-names.ts';

/** Members that are gone through between two points at which one may pause. */
const MEMBERS_AT_ONCE = 500;
/** Smaller numbers under a secret name count something. */
const LEAST_SECRET_NUMBER = 1_000;

/** A list or an object that is gone through. */
interface Frame {
  source: unknown[] | Record<string, unknown>;
  names: string[] | undefined;
  length: number;
  next: number;
  /** Of the elements of a list under a secret name. */
  secrecy: Secrecy;
  name: string;
  /** The member of an object whose name stands in another of its members. */
  named: string | undefined;
  copy: unknown[] | Record<string, unknown> | undefined;
  renamed: Map<string, string> | undefined;
}

/** Goes through a value with a stack of its own, and copies only what changes. */
export class JsonWalk {
  private readonly stack: Frame[] = [];
  private readonly ancestors = new Set<object>();
  private readonly marks: LocatedMark[] = [];
  private count = 0;

  constructor(
    private readonly root: unknown,
    private readonly marker: Marker,
    private readonly names: SecretNames,
  ) {}

  *run(): Steps<Redacted<unknown>> {
    let result: unknown = (yield* this.enter(this.root, 'none', '')) ?? this.root;
    let members = 0;
    for (let frame = this.stack.at(-1); frame; frame = this.stack.at(-1)) {
      if ((members += 1) % MEMBERS_AT_ONCE === 0) yield;
      if (frame.next < frame.length) {
        const steps = this.next(frame);
        const changed = steps && (yield* steps);
        if (changed !== undefined) put(frame, changed);
        continue;
      }
      this.stack.pop();
      this.ancestors.delete(frame.source);
      const copy = finished(frame);
      const parent = this.stack.at(-1);
      if (copy !== undefined && parent) put(parent, copy);
      else if (copy !== undefined) result = copy;
    }
    return { value: result, count: this.count, marks: this.marks };
  }

  /** The steps to what takes the place of the next member of a frame; undefined where it stays. */
  private next(frame: Frame): Steps<unknown> | undefined {
    const { names, source } = frame;
    const index = frame.next++;
    if (!names) return this.passing((source as unknown[])[index], frame.secrecy, frame.name);
    const name = names[index]!;
    const value = (source as Record<string, unknown>)[name];
    const kind = this.names.kindOf(name);
    if (kind.mayHaveSecrets) return this.renamed(frame, name, value, kind.secrecy);
    if (name === 'value' && frame.named !== undefined) return this.passing(value, 'one', frame.named);
    return this.passing(value, kind.secrecy, name);
  }

  /** Most values stay, and need no steps. */
  private passing(value: unknown, secrecy: Secrecy, name: string): Steps<unknown> | undefined {
    if (typeof value === 'boolean' || value === null) return undefined;
    if (typeof value === 'string' && secrecy === 'none' && value.length <= SMALL && !mayHaveSecrets(value))
      return undefined;
    return this.enter(value, secrecy, name);
  }

  private *renamed(frame: Frame, name: string, value: unknown, secrecy: Secrecy): Steps<unknown> {
    const { text, marks } = yield* this.marker.textSteps(name);
    for (const mark of marks) this.note(mark, text);
    if (text !== name) (frame.renamed ??= new Map()).set(name, text);
    return yield* this.enter(value, secrecy, name);
  }

  /** What takes the place of a value; undefined where it stays, or is gone through next. */
  private *enter(value: unknown, secrecy: Secrecy, name: string): Steps<unknown> {
    if (typeof value === 'string') return yield* this.text(value, secrecy, name);
    if (typeof value === 'number') {
      const isSecret = secrecy === 'one' && Math.abs(value) >= LEAST_SECRET_NUMBER;
      return isSecret ? this.leftOut(String(value)) : undefined;
    }
    if (typeof value !== 'object' || value === null || this.ancestors.has(value)) return undefined;
    const isList = Array.isArray(value);
    if (!isList && !isPlain(value)) return undefined;
    const names = isList ? undefined : Object.keys(value);
    this.ancestors.add(value);
    this.stack.push({
      ...{ source: value as Frame['source'], names, length: names?.length ?? (value as unknown[]).length, next: 0 },
      ...{ secrecy: isList ? secrecy : 'none', name, named: isList ? undefined : nameIn(value, this.names) },
      ...{ copy: undefined, renamed: undefined },
    });
    return undefined;
  }

  private *text(text: string, secrecy: Secrecy, name: string): Steps<string | undefined> {
    if (secrecy !== 'none' && !isMark(text) && !isHarmless(text, name)) {
      // A list of numbers as text counts, too.
      if (secrecy === 'one' || !/^\d{1,6}$/.test(text)) return this.leftOut(text);
    }
    if (text.length <= SMALL && !mayHaveSecrets(text)) return undefined;
    const { text: kept, marks } = yield* this.marker.textSteps(text);
    for (const mark of marks) this.note(mark);
    return kept === text ? undefined : kept;
  }

  private leftOut(secret: string): string {
    const mark = this.marker.mark(secret);
    this.note(marksIn(mark)[0]!);
    return mark;
  }

  private note({ length, hash }: Mark, name?: string): void {
    this.count += 1;
    if (this.marks.length >= MAX_MARKS) return;
    const segments = this.stack.map(({ names, next, renamed }) => {
      const key = names?.[next - 1];
      return key === undefined ? String(next - 1) : (renamed?.get(key) ?? key);
    });
    if (name !== undefined) segments[segments.length - 1] = name;
    const pointer = segments.map((segment) => `/${pointerSegment(segment)}`).join('');
    this.marks.push({ pointer, length, hash });
  }
}

/** Puts a value where the frame stands. */
function put(frame: Frame, value: unknown): void {
  if (!frame.names) {
    frame.copy ??= [...(frame.source as unknown[])];
    (frame.copy as unknown[])[frame.next - 1] = value;
    return;
  }
  frame.copy ??= copyOf(frame.source as Record<string, unknown>, frame.names);
  define(frame.copy as Record<string, unknown>, frame.names[frame.next - 1]!, value);
}

function finished({ source, names, copy, renamed }: Frame): unknown {
  if (!renamed) return copy;
  const object = (copy ?? source) as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const name of names!) define(result, renamed.get(name) ?? name, object[name]);
  return result;
}

function copyOf(source: Record<string, unknown>, names: string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of names) define(copy, name, source[name]);
  return copy;
}

/** As `JSON.parse` does it: `__proto__` is a name like any other. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
