interface Waiting<Row, Result> {
  rows: Row[];
  resolve: (results: Result[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: while writes are under way, everything that arrives waits in one queue and goes out together as the
 * next write. No timer. Each caller gets the results of its own rows after their commit; what it adds in one call is
 * written in one statement.
 */
export class GroupCommit<Row, Result> {
  private readonly queue: Waiting<Row, Result>[] = [];
  private underWay = 0;
  private scheduled = false;

  constructor(
    private readonly write: (rows: Row[]) => Promise<Result[]>,
    private readonly limits: { rows: number; writes: number },
    /** Whether a failed write says nothing about its rows, so that each would fail alike. */
    private readonly isEverybodys: (error: unknown) => boolean = () => false,
  ) {}

  /** How many calls wait for the next write. */
  get length(): number {
    return this.queue.length;
  }

  add(rows: Row[]): Promise<Result[]> {
    if (rows.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.queue.push({ rows, resolve, reject });
      this.schedule();
    });
  }

  /** At the end of this turn of the event loop: those who come together go together. */
  private schedule(): void {
    if (this.scheduled || this.queue.length === 0 || this.underWay === this.limits.writes) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.underWay < this.limits.writes && this.queue.length > 0) {
      this.underWay += 1;
      void this.writeBatch(this.nextBatch()).finally(() => {
        this.underWay -= 1;
        this.schedule();
      });
    }
  }

  private nextBatch(): Waiting<Row, Result>[] {
    let rows = 0;
    let calls = 0;
    for (const waiting of this.queue) {
      rows += waiting.rows.length;
      if (calls > 0 && rows > this.limits.rows) break;
      calls += 1;
    }
    return this.queue.splice(0, calls);
  }

  private async writeBatch(batch: Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await this.write(batch.flatMap((waiting) => waiting.rows));
      let next = 0;
      for (const { rows, resolve } of batch) resolve(results.slice(next, (next += rows.length)));
    } catch (error) {
      // Those who wait would each wait as long, and fail alike.
      if (this.isEverybodys(error)) batch.push(...this.queue.splice(0));
      // One bad row must not fail its neighbours: each call is tried again by itself.
      if (batch.length === 1 || this.isEverybodys(error)) for (const { reject } of batch) reject(error);
      else for (const waiting of batch) await this.writeBatch([waiting]);
    }
  }
}
