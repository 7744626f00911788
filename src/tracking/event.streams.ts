import type { ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { EventFeed, type EventFilter, isWanted, type PositionedEvent } from './event.feed.ts';
import { Periodic } from './periodic.ts';
import { type RawReply, streamOf } from './raw-reply.ts';
import { TooManyStreamsError } from './sync.errors.ts';

const EVERY_MS = 250;
const HEARTBEAT_MS = 15_000;
/** Bytes that may wait for a reader. */
const BUFFER = 1_000_000;
const STALLED_MS = 10_000;
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
/** Streams of one process. */
export const MOST_STREAMS = 200;

interface Stream {
  response: ServerResponse;
  filter: EventFilter;
  position: number;
  lastSentAt: number;
}

/** Server-Sent Events: each event's id is its position, so that a reader resumes on any replica without gap or repeat. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<Stream>();
  private runs: Periodic | undefined;

  constructor(private readonly feed: EventFeed) {}

  async beforeApplicationShutdown(): Promise<void> {
    for (const { response } of this.streams) response.end();
    await this.runs?.stop();
  }

  /** How many are open. */
  get count(): number {
    return this.streams.size;
  }

  /** Throws {@link TooManyStreamsError}. */
  assertRoom(): void {
    if (this.streams.size >= MOST_STREAMS) throw new TooManyStreamsError(MOST_STREAMS);
  }

  /** Sends the events after a position, and every later one. */
  open(reply: RawReply, filter: EventFilter, position: number): void {
    const response = streamOf(reply, HEADERS);
    if (!response) return;
    const stream: Stream = { response, filter, position, lastSentAt: performance.now() };
    this.streams.add(stream);
    response.once('close', () => this.close(stream));
    response.write(`retry: 1000\n\n`);
    if (!this.runs) {
      this.runs = new Periodic(EventStreams.name, EVERY_MS, () => this.send());
      this.runs.start();
    }
  }

  private close(stream: Stream): void {
    this.streams.delete(stream);
    if (this.streams.size > 0) return;
    void this.runs?.stop();
    this.runs = undefined;
  }

  /** Readers at the same place share what is read for them. */
  private async send(): Promise<void> {
    const pages = new Map<number, Promise<{ items: PositionedEvent[]; next: number }>>();
    const page = (position: number) => {
      const known = pages.get(position) ?? this.feed.after(position);
      pages.set(position, known);
      return known;
    };
    await Promise.all([...this.streams].map((stream) => this.catchUp(stream, page)));
  }

  private async catchUp(
    stream: Stream,
    page: (position: number) => Promise<{ items: PositionedEvent[]; next: number }>,
  ): Promise<void> {
    while (this.streams.has(stream) && hasRoom(stream)) {
      const { items, next } = await page(stream.position);
      const isThrough = write(stream, items);
      if (isThrough && next === stream.position) return;
      if (isThrough) stream.position = next;
    }
  }
}

/** A reader whose buffer stays full is cut; it resumes where it was. */
function hasRoom({ response, lastSentAt }: Stream): boolean {
  if (response.writableLength <= BUFFER) return true;
  if (performance.now() - lastSentAt > STALLED_MS) response.destroy();
  return false;
}

/** Writes what is wanted, as far as there is room: false when something is left. */
function write(stream: Stream, events: PositionedEvent[]): boolean {
  const now = performance.now();
  let text = '';
  for (const event of events) {
    if (stream.response.writableLength + text.length > BUFFER) break;
    stream.position = event.position;
    if (isWanted(event, stream.filter)) text += message(event);
  }
  // An id without data moves only the place from which the reader resumes, past what it did not want.
  if (text === '' && now - stream.lastSentAt >= HEARTBEAT_MS) text = `: still here\nid: ${stream.position}\n\n`;
  if (text !== '') {
    stream.response.write(text);
    stream.lastSentAt = now;
  }
  return events.length === 0 || stream.position === events.at(-1)!.position;
}

function message(event: PositionedEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
