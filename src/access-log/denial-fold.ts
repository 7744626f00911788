/** A denial that is written now, or the number of those that were not. */
interface Folded<Denial> {
  denial: Denial;
  /** Those after the first. */
  others: number;
  until: number;
}

/** Where all go together once there are too many kinds. */
const REST = '';

/** Of equal denials within a time, lets the first through and counts the others; it remembers so many kinds at a time. */
export class DenialFold<Denial> {
  private readonly folded = new Map<string, Folded<Denial>>();

  constructor(
    private readonly most: number,
    private readonly withinMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What is to be written of a denial: itself, or nothing now. `rest` is what stands for one of too many kinds. */
  add(kind: string, denial: Denial, rest: Denial): Denial | undefined {
    const known = this.folded.get(kind);
    if (known) {
      known.others += 1;
      return undefined;
    }
    if (this.folded.size >= this.most && kind !== REST) return this.add(REST, rest, rest);
    this.folded.set(kind, { denial, others: 0, until: this.now() + this.withinMs });
    return denial;
  }

  /** Takes those whose time is over, or all, each with how many there were after the first. */
  take(all = false): { denial: Denial; others: number }[] {
    const over = [...this.folded].filter(([, { until }]) => all || until <= this.now());
    for (const [kind] of over) this.folded.delete(kind);
    return over.map(([, folded]) => folded).filter(({ others }) => others > 0);
  }
}
