/** What stands for every value after the first so many. */
export const OTHER = 'other';

/** Characters of a label: it stands in every sample of its series. */
const MAX_LENGTH = 100;

/** Names come from outside too, and each makes series of its own: all after the first `most` are one, but for our own. */
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
