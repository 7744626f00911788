/** What stands for every value after the first so many. */
export const OTHER = 'other';

/** Characters of a label: it stands in every sample of its series. */
const MAX_LENGTH = 100;

/** Callers choose names, and each name makes a series: after the first `most`, all but our own share one. */
export class BoundedLabel {
  private readonly known = new Set<string>();

  constructor(
    private readonly most: number,
    private readonly isOurs: (value: string) => boolean,
  ) {}

  of(value: string): string {
    if (this.known.has(value) || this.isOurs(value)) return value;
    if (this.known.size >= this.most || value.length > MAX_LENGTH) return OTHER;
    this.known.add(value);
    return value;
  }
}
