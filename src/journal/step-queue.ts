import { databaseFault, pauseAfter } from '#database';

/** Tries, and milliseconds, after which those who cannot wait are refused; one that waited for a dead connection has another. */
const TRIES = 3;
const WITHIN_MS = 15_000;

/** One write, however often it is tried. */
export interface Write {
  /** Whether its rows may have been written: they were sent, and no answer said otherwise. */
  mayBeWritten: boolean;
  /** Whether its rows are written, and something beside them is not. */
  isRepeated: boolean;
}

interface Waiting<Row, Result> {
  rows: Row[];
  weight: number;
  /** The error for a caller that does not wait until the database is back. */
  refusal: ((cause: unknown) => Error) | undefined;
  resolve: (results: Result[]) => void;
  reject: (error: unknown) => void;
  isRefused: boolean;
}

interface Limits {
  rows: number;
  /** Of one write, unless a single call weighs more. */
  weight: number;
}

/**
 * Group commit: while a write is under way, everything that arrives waits in one queue and goes out together as the next
 * write. No timer, and one write at a time, so that they have an order. Each caller gets the results of its own rows after
 * their commit; what it adds in one call is written in one statement.
 */
export class StepQueue<Row, Result> {
  private readonly waiting: Waiting<Row, Result>[] = [];
  private isUnderWay = false;

  constructor(
    private readonly write: (rows: Row[], write: Write) => Promise<Result[]>,
    private readonly limits: Limits,
  ) {}

  /** How many calls wait for the next write. */
  get length(): number {
    return this.waiting.length;
  }

  /** Waits for the database however long it is away, unless there is a `refusal`. */
  add(rows: Row[], weight: number, refusal?: (cause: unknown) => Error): Promise<Result[]> {
    if (rows.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, weight, refusal, resolve, reject, isRefused: false });
      this.schedule();
    });
  }

  /** At the end of this turn of the event loop: those who come together go together. */
  private schedule(): void {
    if (this.isUnderWay || this.waiting.length === 0) return;
    this.isUnderWay = true;
    setImmediate(() => {
      void this.writeBatch(this.nextBatch()).finally(() => {
        this.isUnderWay = false;
        this.schedule();
      });
    });
  }

  private nextBatch(): Waiting<Row, Result>[] {
    let rows = 0;
    let weight = 0;
    let calls = 0;
    for (const waiting of this.waiting) {
      rows += waiting.rows.length;
      weight += waiting.weight;
      if (calls > 0 && (rows > this.limits.rows || weight > this.limits.weight)) break;
      calls += 1;
    }
    return this.waiting.splice(0, calls);
  }

  private async writeBatch(given: Waiting<Row, Result>[]): Promise<void> {
    const startedAt = performance.now();
    const write: Write = { mayBeWritten: false, isRepeated: false };
    let batch = given;
    for (let attempt = 1; batch.length > 0; attempt += 1) {
      try {
        const results = await this.write(
          batch.flatMap(({ rows }) => rows),
          write,
        );
        let next = 0;
        for (const { rows, resolve } of batch) resolve(results.slice(next, (next += rows.length)));
        return;
      } catch (error) {
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused') {
          // One bad row must not fail its neighbours: each call is tried again by itself.
          if (batch.length === 1) batch[0]!.reject(error);
          else for (const waiting of batch) await this.writeBatch([waiting]);
          return;
        }
        if (attempt >= TRIES || performance.now() - startedAt > WITHIN_MS) this.refuse(batch, error);
        // What was sent has to be known before anything else is written.
        if (!write.mayBeWritten) batch = batch.filter(({ isRefused }) => !isRefused);
        if (batch.length > 0) await pauseAfter(attempt);
      }
    }
  }

  /** Those behind would each wait as long, and fail alike. */
  private refuse(batch: Waiting<Row, Result>[], cause: unknown): void {
    const behind = this.waiting.splice(0);
    this.waiting.push(...behind.filter(({ refusal }) => !refusal));
    for (const waiting of [...batch, ...behind]) {
      if (!waiting.refusal) continue;
      waiting.isRefused = true;
      waiting.reject(waiting.refusal(cause));
    }
  }
}
