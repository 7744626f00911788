/** Slices of long work, one in each turn of the event loop, however many wait: in the order in which they came. */
export class FairTurns {
  private readonly waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting.push(resolve) === 1) this.schedule();
    });
  }

  private schedule(): void {
    setImmediate(() => {
      this.waiting.shift()!();
      if (this.waiting.length > 0) this.schedule();
    });
  }
}
