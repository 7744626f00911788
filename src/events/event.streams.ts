import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import limit from 'p-limit';
import { Slots, type StreamAnswer } from '#http';
import { TimeSlice } from '#json';
import { Schedule } from '#schedule';
import { EpochChangedError, TooManyStreamsError } from './event.errors.ts';
import { EventFeed, type EventFilter, isWanted, type PositionedEvent } from './event.feed.ts';
import { type EventPlace, writePlace } from './event.position.ts';

const HEARTBEAT_MS = 15_000;
/** Bytes that may wait for a reader. */
const BUFFER = 1_000_000;
const STALLED_MS = 10_000;
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
/** Streams of one process. */
export const MOST_STREAMS = 200;

interface Stream {
  answer: StreamAnswer;
  filter: EventFilter;
  place: Required<EventPlace>;
  lastSentAt: number;
}

/** What is read once for all readers at the same place. */
interface Page {
  items: { event: PositionedEvent; text: string }[];
  next: Required<EventPlace>;
}

/** Server-Sent Events: each event's id is its place, so that a reader resumes on any replica without gap or repeat. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly slots = new Slots(MOST_STREAMS);
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
   * Sends the events after a place, or from now on, and every later one. Throws {@link TooManyStreamsError} and
   * {@link EpochChangedError}.
   */
  async open(answer: StreamAnswer, filter: EventFilter, after?: EventPlace): Promise<void> {
    const giveBack = this.slots.take();
    if (!giveBack) throw new TooManyStreamsError(MOST_STREAMS);
    answer.whenOver(giveBack);
    const place = await answer.before(() => this.feed.resolve(after));
    if (place === undefined || !answer.begin(HEADERS)) return;
    // The reader comes again, to another replica.
    if (this.isStopping) return answer.finish();
    const stream: Stream = { answer, filter, place, lastSentAt: performance.now() };
    this.streams.add(stream);
    answer.whenOver(() => this.streams.delete(stream));
    answer.write(`retry: 1000\n\n`);
  }

  /** Readers at the same place share what is read for them. */
  private async send(): Promise<void> {
    const pages = new Map<string, Promise<Page>>();
    const page = (place: Required<EventPlace>) => {
      const known = pages.get(writePlace(place)) ?? this.page(place);
      pages.set(writePlace(place), known);
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

  private async page(place: Required<EventPlace>): Promise<Page> {
    const { items, next } = await this.feed.after(place);
    return { items: items.map((event) => ({ event, text: message(event, next.epoch) })), next };
  }

  private async catchUp(
    stream: Stream,
    page: (place: Required<EventPlace>) => Promise<Page>,
    write: (stream: Stream, items: Page['items']) => Promise<boolean>,
  ): Promise<void> {
    while (this.streams.has(stream) && hasRoom(stream)) {
      const read = await page(stream.place).catch((error: unknown) => {
        if (!(error instanceof EpochChangedError)) throw error;
        // It comes again with its last id, and is told why it cannot go on from there.
        stream.answer.finish();
      });
      if (!read) return;
      stream.place = { ...stream.place, epoch: read.next.epoch };
      const isThrough = await write(stream, read.items);
      const isAtEnd = read.next.position === stream.place.position;
      if (isThrough) stream.place = read.next;
      if (isThrough && isAtEnd) return;
    }
  }
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
    stream.place = { ...stream.place, position: event.position };
    if (isWanted(event, stream.filter)) wanted += text;
  }
  // An id without data moves only the place from which the reader resumes, past what it did not want.
  if (wanted === '' && now - stream.lastSentAt >= HEARTBEAT_MS)
    wanted = `: still here\nid: ${writePlace(stream.place)}\n\n`;
  if (wanted !== '') {
    stream.answer.write(wanted);
    stream.lastSentAt = now;
  }
  return page.length === 0 || stream.place.position === page.at(-1)!.event.position;
}

function message(event: PositionedEvent, epoch: string): string {
  const place = writePlace({ epoch, position: event.position });
  return `id: ${place}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
