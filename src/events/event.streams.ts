import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import limit from 'p-limit';
import { currentCaller, UnauthenticatedError } from '#access';
import { ConcurrencyLimit, type StreamAnswer } from '#http';
import { TimeSlice } from '#pace';
import { Schedule } from '#schedule';
import { EpochChangedError, TooManyStreamsError } from './event.errors.ts';
import { EventFeed, type EventFilter, isWanted, type PositionedEvent } from './event.feed.ts';
import { type EventCursor, writeEventCursor } from './event.cursor.ts';

const HEARTBEAT_MS = 15_000;
const RENEWED_MS = 400;
/** Bytes that may wait for a reader. */
const BUFFER = 1_000_000;
const STALLED_MS = 10_000;
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
/** Streams of one process. */
export const MAX_STREAMS = 200;

interface Stream {
  answer: StreamAnswer;
  filter: EventFilter;
  cursor: Required<EventCursor>;
  lastSentAt: number;
  /** As `Caller.renew`. */
  renew?: () => Promise<unknown>;
  renewedAt: number;
}

/** What is read once for all readers at the same cursor. */
interface Page {
  items: { event: PositionedEvent; text: string }[];
  next: Required<EventCursor>;
}

/** Server-Sent Events: each event's id is its cursor, so that a reader resumes on any replica without gap or repeat. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly slots = new ConcurrencyLimit(MAX_STREAMS);
  private readonly streams = new Set<Stream>();
  private isStopping = false;

  constructor(
    private readonly feed: EventFeed,
    schedule: Schedule,
  ) {
    schedule.add('events.send', () => this.send());
  }

  beforeApplicationShutdown(): void {
    this.isStopping = true;
    for (const { answer } of this.streams) answer.finish();
  }

  /** How many are open. */
  get count(): number {
    return this.slots.count;
  }

  /**
   * Sends the events after a cursor, or from now on, and every later one. Throws {@link TooManyStreamsError} and
   * {@link EpochChangedError}.
   */
  async open(answer: StreamAnswer, filter: EventFilter, after?: EventCursor): Promise<void> {
    const giveBack = this.slots.take();
    if (!giveBack) throw new TooManyStreamsError(MAX_STREAMS);
    answer.whenOver(giveBack);
    const cursor = await answer.before(() => this.feed.resolve(after));
    if (cursor === undefined || !answer.begin(HEADERS)) return;
    // The reader comes again, to another replica.
    if (this.isStopping) return answer.finish();
    const now = performance.now();
    const stream: Stream = { answer, filter, cursor, lastSentAt: now, renew: currentCaller().renew, renewedAt: now };
    this.streams.add(stream);
    answer.whenOver(() => this.streams.delete(stream));
    answer.write(`retry: 1000\n\n`);
  }

  /** Readers at the same cursor share what is read for them. */
  private async send(): Promise<void> {
    for (const stream of this.streams) renew(stream);
    const pages = new Map<string, Promise<Page>>();
    const page = (cursor: Required<EventCursor>) => {
      const known = pages.get(writeEventCursor(cursor)) ?? this.page(cursor);
      pages.set(writeEventCursor(cursor), known);
      return known;
    };
    const slice = new TimeSlice();
    const oneByOne = limit(1);
    const inTurn = (stream: Stream, items: Page['items']) =>
      oneByOne(async () => {
        if (slice.isOver) await slice.giveWay();
        return write(stream, items);
      });
    await Promise.all([...this.streams].map((stream) => this.catchUp(stream, page, inTurn)));
  }

  private async page(cursor: Required<EventCursor>): Promise<Page> {
    const { items, next } = await this.feed.after(cursor);
    return { items: items.map((event) => ({ event, text: message(event, next.epoch) })), next };
  }

  private async catchUp(
    stream: Stream,
    page: (cursor: Required<EventCursor>) => Promise<Page>,
    write: (stream: Stream, items: Page['items']) => Promise<boolean>,
  ): Promise<void> {
    while (this.streams.has(stream) && hasRoom(stream)) {
      const read = await page(stream.cursor).catch((error: unknown) => {
        if (!(error instanceof EpochChangedError)) throw error;
        // It comes again with its last id, and is told why it cannot go on from there.
        stream.answer.finish();
      });
      if (!read) return;
      stream.cursor = { ...stream.cursor, epoch: read.next.epoch };
      const isThrough = await write(stream, read.items);
      const isAtEnd = read.next.position === stream.cursor.position;
      if (isThrough) stream.cursor = read.next;
      if (isThrough && isAtEnd) return;
    }
  }
}

/** Ends the stream of a caller who may not come in any more. */
function renew(stream: Stream): void {
  const now = performance.now();
  if (!stream.renew || now - stream.renewedAt < RENEWED_MS) return;
  stream.renewedAt = now;
  stream.renew().catch((error: unknown) => {
    // Without a database nobody can be asked, and nothing is sent.
    if (error instanceof UnauthenticatedError) stream.answer.finish();
  });
}

/** A reader whose buffer stays full is cut; it resumes where it was. */
function hasRoom({ answer, lastSentAt }: Stream): boolean {
  if (answer.waiting <= BUFFER) return true;
  if (performance.now() - lastSentAt > STALLED_MS) answer.cut();
  return false;
}

/** Writes what is wanted, as far as there is room: false when something is left. */
function write(stream: Stream, page: Page['items']): boolean {
  const now = performance.now();
  let wanted = '';
  for (const { event, text } of page) {
    if (stream.answer.waiting + wanted.length > BUFFER) break;
    stream.cursor = { ...stream.cursor, position: event.position };
    if (isWanted(event, stream.filter)) wanted += text;
  }
  // An id without data moves only the cursor from which the reader resumes, past what it did not want.
  if (wanted === '' && now - stream.lastSentAt >= HEARTBEAT_MS)
    wanted = `: still here\nid: ${writeEventCursor(stream.cursor)}\n\n`;
  if (wanted !== '') {
    stream.answer.write(wanted);
    stream.lastSentAt = now;
  }
  return page.length === 0 || stream.cursor.position === page.at(-1)!.event.position;
}

function message(event: PositionedEvent, epoch: string): string {
  const cursor = writeEventCursor({ epoch, position: event.position });
  return `id: ${cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
