import { isUtf8 } from 'node:buffer';
import { cut, quoted } from '../quoted.ts';
import { TimeSlice } from '#pace';
import { JsonFrame } from './json-frame.ts';
import type { JsonLimits } from './json-limits.ts';
import { isExactNumber } from './json-number.ts';
import { JsonTextError, type JsonTextErrorCode } from './json-text.error.ts';
import type { Json } from './json.ts';

/** Bytes that are read between two pauses, and that `JSON.parse` is given at once. */
const CHUNK = 32_768;
/** Blanks in a row; indentation needs a few hundred. */
const MAX_BLANKS = 65_536;
/** Characters of a place that an error names. */
const MAX_POINTER = 200;
const MAX_QUOTED = 60;
/** Bytes whose encoding is looked at in one go. */
const MAX_UTF8 = 1_048_576;

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
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));
const BYTE_ORDER_MARK = Buffer.from('\ufeff');
/** Behind the last byte. */
const END = -1;

/** The value of JSON of any size as `JSON.parse` takes it, in slices of a few milliseconds. Throws {@link JsonTextError}. */
export async function readInSlices(bytes: Buffer, limits: JsonLimits): Promise<Json> {
  const slice = new TimeSlice();
  const steps = new JsonReader(bytes, limits, CHUNK, true).read();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (slice.isOver) await slice.giveWay();
  }
}

/**
 * Reads a JSON text in one pass whose work grows with its length alone, and refuses it at the first place that is no
 * JSON, ambiguous, inexact or beyond a limit.
 */
export class JsonReader {
  private at = 0;
  private start = 0;
  private pausedAt = 0;
  private values = 0;
  private depth = 0;
  /** Those below `depth` are open; the others are used again. */
  private readonly frames: JsonFrame[] = [];
  private root: Json | undefined;

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: JsonLimits,
    private readonly chunk = CHUNK,
    /** Takes what `JSON.parse` takes: the last of two members, rounded numbers, lone surrogates. */
    private readonly isLenient = false,
  ) {}

  get valueCount(): number {
    return this.values;
  }

  /** The value; it stops wherever one may pause. */
  *read(): Generator<void, Json> {
    yield* this.checkUtf8();
    // RFC 8259 lets it be left out.
    if (this.bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) this.start = this.at = 3;
    this.skipBlanks();
    if (this.at === this.bytes.length) {
      throw new JsonTextError('EMPTY_BODY', 'The request has an empty body. Send JSON.');
    }
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
    if (this.at < this.bytes.length) this.failSyntax();
    return this.root === undefined ? (JSON.parse(this.textOf(this.start, this.at)) as Json) : this.root;
  }

  private *checkUtf8(): Generator<void, void> {
    for (let at = 0; at < this.bytes.length;) {
      let end = Math.min(at + MAX_UTF8, this.bytes.length);
      // A character has at most four bytes.
      for (let back = 0; back < 3 && isInside(this.bytes[end]); back += 1) end -= 1;
      if (!isUtf8(this.bytes.subarray(at, end))) {
        throw new JsonTextError('INVALID_ENCODING', 'The body is not UTF-8. Send JSON in UTF-8.');
      }
      at = end;
      if (at < this.bytes.length) yield;
    }
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
    const bound = frame.isObject ? 'members' : 'elements';
    if (frame.count > this.limits[bound]) {
      const kind = frame.isObject ? 'an object' : 'a list';
      this.failLimit(bound, `has ${kind} with more than`, this.limits[bound], bound);
    }
    if (frame.isObject) this.readKey(frame);
  }

  private readKey(frame: JsonFrame): void {
    if (this.code() !== QUOTE) this.failSyntax();
    const start = (this.at += 1);
    // An escape has six characters for one.
    const isWhole = this.scanText(6 * this.limits.key + 1);
    const raw = this.textOf(start, this.at);
    const key = isWhole && raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    if (!isWhole || key.length > this.limits.key) {
      this.failLimit('key', 'has a key of more than', this.limits.key, 'characters');
    }
    frame.key = key;
    if (this.isLenient) frame.keys.clear();
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
    if (frame.built && frame.waiting(this.at) > 0) frame.build(this.bytes, this.at);
    this.at += 1;
    this.depth -= 1;
    if (frame.built) this.put(frame.built);
  }

  /** Builds all members before `end`, and before what is being read in the containers around. */
  private build(end?: number): void {
    for (let depth = 0; depth < this.depth - 1; depth += 1) this.frames[depth]!.build(this.bytes);
    this.frames[this.depth - 1]?.build(this.bytes, end);
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
      text += JSON.parse(`"${this.textOf(start, this.at)}"`) as string;
      this.pausedAt = this.at;
      if (!isWhole) yield;
    }
    this.at += 1;
    this.put(text);
  }

  /** Goes to the quote that ends a text, or on for at least `most` bytes to the end of a character: false. */
  private scanText(most: number): boolean {
    const { bytes } = this;
    const end = Math.min(bytes.length, this.at + most);
    let { at } = this;
    while (at < end || isInside(bytes[at])) {
      const code = bytes[at]!;
      if (code === QUOTE) {
        this.at = at;
        return true;
      }
      if (code === BACKSLASH) at = this.endOfEscape(at);
      else if (code < SPACE) this.failSyntax(at);
      else at += 1;
    }
    this.at = at;
    if (at >= bytes.length) this.failSyntax(bytes.length);
    return false;
  }

  /** Half a pair of surrogates alone is no character. */
  private endOfEscape(at: number): number {
    if (this.bytes[at + 1] !== LOWER_U) {
      if (!ESCAPED.has(this.bytes[at + 1] ?? END)) this.failSyntax(at + 1);
      return at + 2;
    }
    const unit = this.codeUnit(at);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    const isPair = unit < 0xdc00 && this.bytes[at + 6] === BACKSLASH && this.bytes[at + 7] === LOWER_U;
    const next = isPair ? this.codeUnit(at + 6) : 0;
    if (this.isLenient || this.limits.loneSurrogates) return at + 6;
    if (next < 0xdc00 || next > 0xdfff) {
      const half = this.textOf(at, at + 6);
      this.fail('LONE_SURROGATE', `has the lone surrogate ${half}, which is half a character,`);
    }
    return at + 12;
  }

  /** Of `\uXXXX`. */
  private codeUnit(at: number): number {
    let unit = 0;
    for (let digit = at + 2; digit < at + 6; digit += 1) {
      const value = hexValue(this.bytes[digit] ?? END);
      if (value === -1) this.failSyntax(digit);
      unit = 16 * unit + value;
    }
    return unit;
  }

  private readAtom(code: number): void {
    if (code === MINUS || (code >= ZERO && code <= NINE)) {
      this.readNumber();
      return;
    }
    const literal = LITERALS.find((word) => this.bytes.toString('latin1', this.at, this.at + word.length) === word);
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
    const token = this.bytes.toString('latin1', start, this.at);
    if (!this.isLenient && !isExactNumber(token)) {
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

  private code(): number {
    return this.bytes[this.at] ?? END;
  }

  private textOf(start: number, end: number): string {
    return this.bytes.toString('utf8', start, end);
  }

  private failSyntax(at = this.at): never {
    const [character] = this.textOf(at, Math.min(at + 4, this.bytes.length));
    const what = character === undefined ? 'it ends too early' : `unexpected ${JSON.stringify(character)}`;
    throw new JsonTextError('INVALID_JSON', `The body is not JSON: ${what} at byte ${at + 1}${this.place()}.`, {
      ...this.details(),
      byte: at + 1,
    });
  }

  private failLimit(name: string, what: string, limit: number, unit: string): never {
    this.fail('BODY_TOO_COMPLEX', `${what} ${limit} ${unit}`, '', { bound: name, limit });
  }

  private fail(code: JsonTextErrorCode, what: string, advice = '', details: object = {}): never {
    throw new JsonTextError(code, `The body ${what}${this.place()}${advice}.`, { ...details, ...this.details() });
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

/** Whether a byte goes on with a character of UTF-8. */
function isInside(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function hexValue(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}
