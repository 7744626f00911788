/** What stands for every value after the first so many. */
export const OTHER = 'other';

/** Names come from outside too, and each makes series of its own: all after the first `most` are one. */
export class BoundedLabel {
  private readonly known = new Set<string>();

  constructor(private readonly most: number) {}

  of(value: string): string {
    if (this.known.has(value)) return value;
    if (this.known.size >= this.most) return OTHER;
    this.known.add(value);
    return value;
  }
}
