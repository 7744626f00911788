/** Milliseconds for which something is remembered: much less than retention keeps what a sync names. */
const REMEMBERED_MS = 60 * 60 * 1_000;
const MAX_REMEMBERED = 10_000;

/** Names of what is known to be stored, so that the usual sync does not bring it again. All are forgotten after an hour. */
export class StoredNames {
  private readonly names = new Set<string>();
  private since: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.since = now();
  }

  has(name: string): boolean {
    if (this.now() - this.since >= REMEMBERED_MS) this.forget();
    return this.names.has(name);
  }

  remember(names: Iterable<string>): void {
    if (this.names.size > MAX_REMEMBERED) this.forget();
    for (const name of names) this.names.add(name);
  }

  forget(): void {
    this.names.clear();
    this.since = this.now();
  }
}
