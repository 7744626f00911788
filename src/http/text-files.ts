import { Injectable } from '@nestjs/common';
import { textInSlices } from '#json';
import { DomainError } from '../domain-error.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { type RawReply, StreamAnswer } from './stream-answer.ts';

/** Files of one module that a process makes at once: each holds what it is made from. */
const MAX_FILES = 4;
const STALL_MS = 30_000;

export class TooManyExportsError extends DomainError {
  readonly code = 'TOO_MANY_EXPORTS';
  readonly httpStatus = 429;

  constructor(limit: number) {
    super(`The service has ${limit} running exports, which is its limit. Try again when one has ended.`, { limit });
  }
}

/** What a file is called, and what it holds. */
export interface TextFile {
  name: string;
  type: string;
  /** A browser keeps it, and does not show it. */
  isKept?: boolean;
  /** How many items it has, where that is known. */
  rows?: number;
}

/** Answers that are too large for JSON: text that is made while it is sent. */
@Injectable()
export class TextFiles {
  private readonly slots = new ConcurrencyLimit(MAX_FILES);

  /** Throws {@link TooManyExportsError}, and what making it throws before it begins. */
  async send(
    reply: RawReply,
    { name, type, isKept = false, rows }: TextFile,
    make: () => Promise<Iterable<string> | AsyncIterable<string>>,
  ): Promise<void> {
    const giveBack = this.slots.take();
    if (!giveBack) throw new TooManyExportsError(MAX_FILES);
    const answer = new StreamAnswer(reply);
    answer.whenOver(giveBack);
    const pieces = await answer.before(make);
    if (!pieces) return;
    await answer.send(textInSlices(pieces), {
      headers: {
        'content-type': type,
        // A browser shows text and keeps what it cannot show.
        'content-disposition': `${isKept ? 'attachment' : 'inline'}; filename="${name}"`,
      },
      rows,
      stallMs: STALL_MS,
    });
  }
}
