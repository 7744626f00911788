import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiKeys } from './api-keys.ts';

/** Between two statements. */
const SPACING_MS = 100;

interface Batch {
  hashes: Set<string>;
  known: Promise<Set<string>>;
}

/** Tells which hashes are of keys, by one statement at a time and at most ten in a second, however many are asked for. */
@Injectable()
export class ExistingKeys {
  private next: Batch | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly keys: ApiKeys) {}

  async has(hash: string): Promise<boolean> {
    const batch = (this.next ??= this.open());
    batch.hashes.add(hash);
    return (await batch.known).has(hash);
  }

  private open(): Batch {
    const hashes = new Set<string>();
    const known = this.last.then(async () => {
      this.next = undefined;
      return new Set(await this.keys.existing([...hashes]));
    });
    this.last = known.then(pause, pause);
    return { hashes, known };
  }
}

const pause = () => setTimeout(SPACING_MS);
