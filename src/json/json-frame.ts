import { pointerSegment } from './json-pointer.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * One list or object while it is read. A large one is built run by run: a run is the text of some members, which
 * `JSON.parse` reads at once. A small one is part of a run of its parent.
 */
export class JsonFrame {
  isObject = false;
  /** Members so far, with the one that is being read. */
  count = 0;
  /** The member that is being read. */
  key: string | null = null;
  readonly keys = new Set<string>();
  /** What is built of it; null while it is small. */
  built: Json[] | JsonObject | null = null;
  /** Where the members begin that are not built yet; -1 for none. */
  private runStart = 0;
  private lastComma = -1;

  open(isObject: boolean, at: number): void {
    this.isObject = isObject;
    this.count = 0;
    this.key = null;
    this.keys.clear();
    this.built = null;
    this.runStart = at;
    this.lastComma = -1;
  }

  /** Characters since the last run. */
  waiting(at: number): number {
    return this.runStart === -1 ? 0 : at - this.runStart;
  }

  comma(at: number): void {
    this.lastComma = at;
    if (this.runStart === -1) this.runStart = at + 1;
  }

  /** Builds the members that end at `end`; by default, all before the one that is being read. */
  build(bytes: Buffer, end = this.lastComma): void {
    this.built ??= this.isObject ? {} : [];
    if (this.runStart !== -1 && end >= this.runStart) this.append(bytes.toString('utf8', this.runStart, end));
    this.runStart = -1;
  }

  /** Takes the member that is being read, built elsewhere. */
  put(value: Json): void {
    if (Array.isArray(this.built)) this.built.push(value);
    else define(this.built!, this.key!, value);
  }

  /** The member that is being read, as a segment of a JSON pointer. */
  get segment(): string {
    if (this.isObject) return this.key === null ? '' : `/${pointerSegment(this.key)}`;
    return this.count === 0 ? '' : `/${this.count - 1}`;
  }

  private append(members: string): void {
    if (Array.isArray(this.built)) {
      for (const element of JSON.parse(`[${members}]`) as Json[]) this.built.push(element);
      return;
    }
    const object = JSON.parse(`{${members}}`) as JsonObject;
    for (const key of Object.keys(object)) define(this.built!, key, object[key]!);
  }
}

/** As `JSON.parse` does it: `__proto__` is a key like any other. */
function define(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[key] = value;
  }
}
