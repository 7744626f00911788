/** The time of the sandbox: that of the machine plus what tests have added. It only goes forward. */
export class Clock {
  #aheadMs = 0;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  advance(milliseconds: number): void {
    this.#aheadMs += milliseconds;
  }

  /** The time as the service writes it: `2026-11-22T07:49:54.1200000+00:00`. */
  timestamp(): string {
    return new Date(this.now()).toISOString().replace('Z', '0000+00:00');
  }
}
