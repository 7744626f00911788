/** So many of one kind at a time in this process. */
export class ConcurrencyLimit {
  private taken = 0;

  constructor(private readonly most: number) {}

  get count(): number {
    return this.taken;
  }

  /** Takes one; undefined when none is free. What comes back gives it back, once however often it is called. */
  take(): (() => void) | undefined {
    if (this.taken >= this.most) return undefined;
    this.taken += 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.taken -= 1;
      isTaken = false;
    };
  }
}
