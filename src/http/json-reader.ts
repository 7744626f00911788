import type { Json } from '#snapshot';
import { cut, quoted } from '../quoted.ts';
import { BodyError, type BodyErrorCode } from './body.errors.ts';
import { JsonFrame } from './json-frame.ts';
import type { JsonLimits } from './json-limits.ts';
import { isExactNumber } from './json-number.ts';

/** Characters that are read between two pauses, and that `JSON.parse` is given at once. */
const CHUNK = 65_536;
/** Blanks in a row; indentation needs a few hundred. */
const MAX_BLANKS = 65_536;
/** Characters of a place that an error names. */
const MAX_POINTER = 200;
const MAX_QUOTED = 60;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const LIST = 0x5b;
const BACKSLASH = 0x5c;
const LIST_END = 0x5d;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const LITERALS = ['true', 'false', 'null'];
const ESCAPED = '"\\/bfnrt';

/**
 * Reads a JSON text in one pass whose work grows with its length alone, and refuses it at the first place that is no
 * JSON, ambiguous, inexact or beyond a limit.
 */
export class JsonReader {
  private at = 0;
  private pausedAt = 0;
  private values = 0;
  private depth = 0;
  /** Those below `depth` are open; the others are used again. */
  private readonly frames: JsonFrame[] = [];
  private root: Json | undefined;

  constructor(
    private readonly text: string,
    private readonly limits: JsonLimits,
    private readonly chunk = CHUNK,
  ) {}

  get valueCount(): number {
    return this.values;
  }

  /** The value; it stops wherever one may pause. */
  *read(): Generator<void, Json> {
    this.skipBlanks();
    if (this.at === this.text.length) throw new BodyError('EMPTY_BODY', 'The request has an empty body: send JSON.');
    do {
      if (this.at - this.pausedAt >= this.chunk) {
        this.pausedAt = this.at;
        yield;
      }
      this.countValue();
      const code = this.code();
      if (code === OBJECT || code === LIST) {
        if (this.open(code === OBJECT)) continue;
      } else if (code === QUOTE) {
        if (!this.readShortText()) yield* this.readLongText();
      } else {
        this.readAtom(code);
      }
      this.endValue();
    } while (this.depth > 0);
    this.skipBlanks();
    if (this.at < this.text.length) this.failSyntax();
    return this.root === undefined ? (JSON.parse(this.text) as Json) : this.root;
  }

  private countValue(): void {
    this.values += 1;
    if (this.values > this.limits.values) this.failLimit('values', 'has more than', this.limits.values, 'values');
  }

  /** Whether a member follows. */
  private open(isObject: boolean): boolean {
    if (this.depth === this.limits.depth) {
      this.failLimit('depth', 'is nested deeper than', this.limits.depth, 'levels');
    }
    this.at += 1;
    const frame = (this.frames[this.depth] ??= new JsonFrame());
    frame.open(isObject, this.at);
    this.depth += 1;
    this.skipBlanks();
    if (this.code() === (isObject ? OBJECT_END : LIST_END)) {
      this.close(frame);
      return false;
    }
    this.beginMember(frame);
    return true;
  }

  /** Goes on to the next value: ends what ends here, and reads the key of the next member. */
  private endValue(): void {
    while (this.depth > 0) {
      const frame = this.frames[this.depth - 1]!;
      this.skipBlanks();
      const code = this.code();
      if (code === COMMA) {
        if (frame.waiting(this.at) > this.chunk) this.build(this.at);
        frame.comma(this.at);
        this.at += 1;
        this.skipBlanks();
        this.beginMember(frame);
        return;
      }
      if (code !== (frame.isObject ? OBJECT_END : LIST_END)) this.failSyntax();
      this.close(frame);
    }
  }

  private beginMember(frame: JsonFrame): void {
    frame.count += 1;
    if (frame.count > this.limits.elements) {
      const [kind, unit] = frame.isObject ? ['an object', 'members'] : ['a list', 'elements'];
      this.failLimit('elements', `has ${kind} with more than`, this.limits.elements, unit);
    }
    if (frame.isObject) this.readKey(frame);
  }

  private readKey(frame: JsonFrame): void {
    if (this.code() !== QUOTE) this.failSyntax();
    const start = (this.at += 1);
    // An escape has six characters for one.
    const isWhole = this.scanText(6 * this.limits.key + 1);
    const raw = this.text.slice(start, this.at);
    const key = isWhole && raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    if (!isWhole || key.length > this.limits.key) {
      this.failLimit('key', 'has a key of more than', this.limits.key, 'characters');
    }
    frame.key = key;
    if (frame.keys.has(key)) {
      this.fail('DUPLICATE_MEMBER', `has the member ${quoted(key, MAX_QUOTED)} twice in one object`);
    }
    frame.keys.add(key);
    this.at += 1;
    this.skipBlanks();
    if (this.code() !== COLON) this.failSyntax();
    this.at += 1;
    this.skipBlanks();
  }

  private close(frame: JsonFrame): void {
    if (frame.built && frame.waiting(this.at) > 0) frame.build(this.text, this.at);
    this.at += 1;
    this.depth -= 1;
    if (frame.built) this.put(frame.built);
  }

  /** Builds all members before `end`, and before what is being read in the containers around. */
  private build(end?: number): void {
    for (let depth = 0; depth < this.depth - 1; depth += 1) this.frames[depth]!.build(this.text);
    this.frames[this.depth - 1]?.build(this.text, end);
  }

  private put(value: Json): void {
    if (this.depth === 0) this.root = value;
    else this.frames[this.depth - 1]!.put(value);
  }

  /** Whether the text ended within a chunk. */
  private readShortText(): boolean {
    const start = this.at;
    this.at += 1;
    if (this.scanText(this.chunk)) {
      this.at += 1;
      return true;
    }
    this.at = start;
    return false;
  }

  private *readLongText(): Generator<void, void> {
    this.build();
    this.at += 1;
    let text = '';
    for (let isWhole = false; !isWhole;) {
      const start = this.at;
      isWhole = this.scanText(this.chunk);
      text += JSON.parse(`"${this.text.slice(start, this.at)}"`) as string;
      this.pausedAt = this.at;
      if (!isWhole) yield;
    }
    this.at += 1;
    this.put(text);
  }

  /** Goes to the quote that ends a text, or on for at least `most` characters: false. */
  private scanText(most: number): boolean {
    const { text } = this;
    const end = Math.min(text.length, this.at + most);
    let { at } = this;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.at = at;
        return true;
      }
      if (code === BACKSLASH) at = this.endOfEscape(at);
      else if (code < SPACE) this.failSyntax(at);
      else at += 1;
    }
    this.at = at;
    if (at >= text.length) this.failSyntax(text.length);
    return false;
  }

  /** Half a pair of surrogates alone is no character. */
  private endOfEscape(at: number): number {
    if (this.text.charCodeAt(at + 1) !== LOWER_U) {
      if (at + 1 >= this.text.length || !ESCAPED.includes(this.text[at + 1]!)) this.failSyntax(at + 1);
      return at + 2;
    }
    const unit = this.codeUnit(at);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    const isPair = unit < 0xdc00 && this.text.startsWith(String.raw`\u`, at + 6);
    const next = isPair ? this.codeUnit(at + 6) : 0;
    if (next < 0xdc00 || next > 0xdfff) {
      this.fail('LONE_SURROGATE', `has the lone surrogate ${this.text.slice(at, at + 6)}, which is half a character,`);
    }
    return at + 12;
  }

  /** Of `\uXXXX`. */
  private codeUnit(at: number): number {
    const digits = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.failSyntax(at + 2);
    return Number.parseInt(digits, 16);
  }

  private readAtom(code: number): void {
    if (code === MINUS || (code >= ZERO && code <= NINE)) {
      this.readNumber();
      return;
    }
    const literal = LITERALS.find((word) => this.text.startsWith(word, this.at));
    if (literal === undefined) this.failSyntax();
    this.at += literal.length;
  }

  private readNumber(): void {
    const start = this.at;
    if (this.code() === MINUS) this.at += 1;
    if (this.code() === ZERO) this.at += 1;
    else this.readDigits(start);
    if (this.code() === POINT) {
      this.at += 1;
      this.readDigits(start);
    }
    if (this.code() === LOWER_E || this.code() === UPPER_E) {
      this.at += 1;
      if (this.code() === PLUS || this.code() === MINUS) this.at += 1;
      this.readDigits(start);
    }
    const token = this.text.slice(start, this.at);
    if (!isExactNumber(token)) {
      this.fail(
        'INEXACT_NUMBER',
        `has the number ${cut(token, MAX_QUOTED)} that cannot be kept exactly`,
        ': send it as a string, or with at most 15 digits',
      );
    }
  }

  private readDigits(start: number): void {
    const first = this.at;
    for (let code = this.code(); code >= ZERO && code <= NINE; code = this.code()) {
      this.at += 1;
      if (this.at - start > this.limits.number) {
        this.failLimit('number', 'has a number of more than', this.limits.number, 'characters');
      }
    }
    if (this.at === first) this.failSyntax();
  }

  private skipBlanks(): void {
    const start = this.at;
    for (let code = this.code(); isBlank(code); code = this.code()) this.at += 1;
    if (this.at - start > MAX_BLANKS) this.failLimit('blanks', 'has more than', MAX_BLANKS, 'blanks in a row');
  }

  /** NaN at the end. */
  private code(): number {
    return this.text.charCodeAt(this.at);
  }

  private failSyntax(at = this.at): never {
    const what = at >= this.text.length ? 'it ends too early' : `unexpected ${JSON.stringify(this.text[at])}`;
    throw new BodyError('INVALID_JSON', `The body is not JSON: ${what} at character ${at + 1}${this.place()}.`, {
      ...this.details(),
      character: at + 1,
    });
  }

  private failLimit(name: string, what: string, limit: number, unit: string): never {
    this.fail('BODY_TOO_COMPLEX', `${what} ${limit} ${unit}`, '', { bound: name, limit });
  }

  private fail(code: BodyErrorCode, what: string, advice = '', details: object = {}): never {
    throw new BodyError(code, `The body ${what}${this.place()}${advice}.`, { ...details, ...this.details() });
  }

  private place(): string {
    const pointer = this.pointer();
    return pointer === '' ? '' : ` at ${pointer}`;
  }

  private details(): { pointer: string } {
    return { pointer: this.pointer() };
  }

  private pointer(): string {
    let pointer = '';
    for (let depth = 0; depth < this.depth && pointer.length <= MAX_POINTER; depth += 1) {
      pointer += this.frames[depth]!.segment;
    }
    return cut(pointer, MAX_POINTER);
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}
