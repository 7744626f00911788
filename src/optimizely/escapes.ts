/** Where something stands in a text: from `start` up to, but without, `end`. */
export type Range = [start: number, end: number];

const MAY_BE = /[%\\&]/;
const ESCAPE = /(?:%[0-9a-f]{2})+|\\u[0-9a-f]{4}|\\["'\\/bfnrt]|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos);/gi;
const LETTERS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const NAMES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What stands for something else in a text, and where it ends in what is read. */
interface Escape {
  start: number;
  end: number;
  readStart: number;
  readEnd: number;
}

/** A text whose escapes are read once: those of JSON, addresses and HTML. */
export class Escapes {
  readonly text: string;
  private places: Escape[] | undefined;

  constructor(private readonly source: string) {
    this.text = source.replace(ESCAPE, read);
  }

  /** A quick look: whether it is worth the reading. */
  static mayBeIn(text: string): boolean {
    return MAY_BE.test(text);
  }

  /** Where something that was read stands in the source; an escape is taken whole. */
  origin([start, end]: Range): Range {
    const [first, last] = [this.at(start), this.at(end - 1)];
    return [
      first && start < first.readEnd ? first.start : start + shift(first),
      last && end <= last.readEnd ? last.end : end + shift(last),
    ];
  }

  /** The last escape that begins no later than a place of what is read. */
  private at(place: number): Escape | undefined {
    const places = (this.places ??= placesOf(this.source));
    let [from, to] = [0, places.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (places[middle]!.readStart <= place) from = middle + 1;
      else to = middle;
    }
    return places[from - 1];
  }
}

function placesOf(source: string): Escape[] {
  let shorter = 0;
  return Array.from(source.matchAll(ESCAPE), ({ 0: escape, index }) => {
    const readStart = index - shorter;
    const readEnd = readStart + read(escape).length;
    const end = index + escape.length;
    shorter = end - readEnd;
    return { start: index, end, readStart, readEnd };
  });
}

function shift(escape: Escape | undefined): number {
  return escape ? escape.end - escape.readEnd : 0;
}

function read(escape: string): string {
  if (escape.startsWith('%')) return Buffer.from(escape.replaceAll('%', ''), 'hex').toString();
  if (escape.startsWith('\\')) {
    if (escape.length === 2) return LETTERS[escape[1]!] ?? escape[1]!;
    return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  }
  const name = escape.slice(1, -1).toLowerCase();
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return NAMES[name] ?? (code <= 0x10_ff_ff ? String.fromCodePoint(code) : '');
}
