import { randomBytes } from 'node:crypto';
import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, type OnApplicationBootstrap, Optional } from '@nestjs/common';
import { TimeSlice } from '#pace';
import { type RedactedNames, REDACTION_OPTIONS, type RedactionOptions } from '../tracking-options.ts';
import { isPlain } from './glance.ts';
import { markOf } from './mark.ts';
import { storedKey } from './redaction-key.ts';
import { RedactionKeyError } from './redaction.errors.ts';
import type { Redacted, Redactions } from './redactions.ts';
import { Redactor } from './redactor.ts';

const NO_NAMES: RedactedNames = {};

/** Leaves secrets out of what is about to be stored, under the key and the names of this application. */
@Injectable()
export class Redaction implements OnApplicationBootstrap {
  private key: Buffer | undefined;
  private readonly redactors = new WeakMap<RedactedNames, Redactor>();

  constructor(
    private readonly em: EntityManager,
    @Optional() @Inject(REDACTION_OPTIONS) private readonly options: RedactionOptions = {},
  ) {
    if (options.key !== undefined) this.key = Buffer.from(options.key);
  }

  /** Then all migrations have run. */
  onApplicationBootstrap(): Promise<void> {
    return this.ready();
  }

  /** Reads the key, unless it is there: nothing can be left out without one. */
  async ready(): Promise<void> {
    this.key ??= await storedKey(this.em);
  }

  text(text: string): string;
  text(text: string | undefined): string | undefined;
  text(text: string | undefined): string | undefined {
    // An adapter of others may not have been compiled against ours.
    return typeof text === 'string' ? this.of().text(text) : text;
  }

  /** Code and message of a failure. */
  failure<T extends { code: string; message: string }>(failure: T | undefined): T | undefined {
    return failure && { ...failure, code: this.text(failure.code), message: this.text(failure.message) };
  }

  /** What a caller claims of itself. */
  caller<T extends { onBehalfOf?: string; client?: string }>(caller: T | undefined): T | undefined {
    return caller && { ...caller, onBehalfOf: this.text(caller.onBehalfOf), client: this.text(caller.client) };
  }

  /** What an adapter or a caller wants remembered: it may only become JSON when it is written. */
  metadata<T extends object>(metadata: T | undefined, names?: RedactedNames): T | undefined {
    return (
      metadata && this.json(isJson(metadata) ? metadata : (JSON.parse(JSON.stringify(metadata)) as T), names).value
    );
  }

  json<T>(value: T, names?: RedactedNames): Redacted<T> {
    return this.of(names).json(value);
  }

  /** The same for a value of any size: gives way to other work every few milliseconds. */
  async jsonInSlices<T>(value: T, names?: RedactedNames): Promise<Redacted<T>> {
    await this.ready();
    const steps = this.of(names).steps(value);
    const slice = new TimeSlice();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (slice.isOver) await slice.giveWay();
    }
  }

  private of(names: RedactedNames = NO_NAMES): Redactor {
    const made = this.redactors.get(names);
    if (made) return made;
    const { keys = [], except = [] } = this.options;
    const all = { keys: [...keys, ...(names.keys ?? [])], except: [...except, ...(names.except ?? [])] };
    const redactor = new Redactor(() => this.known(), all);
    this.redactors.set(names, redactor);
    return redactor;
  }

  private known(): Buffer {
    if (!this.key) throw new RedactionKeyError();
    return this.key;
  }
}

function isJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  return isPlain(value) && !('toJSON' in value) && Object.values(value).every(isJson);
}

const passing = new Redactor(() => passingKey);
const passingKey = randomBytes(32);

/** A text that is shown and not stored, in a log or an answer: its marks are of this process alone. */
export function redactedInPassing(text: string): string {
  return passing.text(text);
}

/** An address that is shown and not stored; a cursor is opaque, so it may hold anything in any encoding. */
export function addressInPassing(address: string): string {
  const [path, ...queries] = address.split('?');
  const pairs = queries.join('?').split('&');
  const shown = pairs.map((pair) => (/^cursor=./.test(nameFirst(pair)) ? `cursor=${markInPassing(pair)}` : pair));
  return redactedInPassing(queries.length === 0 ? address : `${path}?${shown.join('&')}`);
}

/** A name may be percent-encoded too. */
function nameFirst(pair: string): string {
  const [name = '', ...value] = pair.split('=');
  try {
    return [decodeURIComponent(name), ...value].join('=');
  } catch {
    return pair;
  }
}

/** The mark of a secret that is shown and not stored. */
export function markInPassing(secret: string): string {
  return markOf(secret, passingKey);
}

/** What was left out, as the record keeps it; null where nothing was. */
export function redactionsOf({ count, marks }: Redactions): Redactions | null {
  return count > 0 ? { count, marks } : null;
}
