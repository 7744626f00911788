import type { Difference } from './json-differences.ts';
import type { Json } from './json.ts';

/** How much of a comparison an answer holds. */
export interface ComparisonLimits {
  changes: number;
  /** Characters of paths and values in all. */
  characters: number;
}

/** The limit of one answer; the file has all changes. */
export const SHOWN: ComparisonLimits = { changes: 1_000, characters: 500_000 };

/** Room for what is shown; after the first that does not fit, nothing more does. */
export class ComparisonRoom {
  private changes = 0;
  private characters = 0;
  private isFull = false;

  constructor(private readonly limits: ComparisonLimits) {}

  has({ place, before, after }: Difference): boolean {
    if (this.isFull) return false;
    const left = this.limits.characters - this.characters;
    const size = place.length < left ? place.length + sizeOf([before ?? 0, after ?? 0], left - place.length) : Infinity;
    this.changes += 1;
    this.characters += size;
    this.isFull = this.changes > this.limits.changes || this.characters > this.limits.characters;
    return !this.isFull;
  }
}

/** Characters of a value as JSON, roughly; stops counting beyond so many. */
function sizeOf(value: Json, most: number): number {
  const open: Json[] = [value];
  let size = 0;
  for (let next = open.pop(); next !== undefined && size <= most; next = open.pop()) {
    if (typeof next === 'string') size += next.length + 2;
    else if (typeof next !== 'object' || next === null) size += 8;
    else if (Array.isArray(next)) {
      size += 2 + next.length;
      for (let index = 0; index < next.length && size <= most; index += 1) open.push(next[index]!);
    } else {
      for (const key in next) {
        size += key.length + 4;
        if (size > most) break;
        open.push(next[key]!);
      }
    }
  }
  return size;
}
