import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Logger } from '@nestjs/common';

/** What we need of Fastify's reply; a foreign application may run on Express, whose response is the raw one. */
export type RawReply = ServerResponse | { raw: ServerResponse; hijack(): unknown };

/** What has to be done before the first byte of an answer leaves; an error refuses the answer. What comes back is told how it ended. */
export type BeforeAnswer = (rows: number | undefined) => Promise<(isWhole: boolean) => void>;

const held = new WeakMap<ServerResponse, BeforeAnswer>();

/** Holds what is streamed as the answer, by any route, until this is done. */
export function holdAnswer(reply: RawReply, before: BeforeAnswer): void {
  held.set(responseOf(reply), before);
}

function responseOf(reply: RawReply): ServerResponse {
  return 'raw' in reply ? reply.raw : reply;
}

/** Bytes that a reader takes within its time, while that many wait for it, or it is cut. */
const MIN_TAKEN = 65_536;
/** How often a reader is looked at in its time. */
const TURNS = 10;

/** How a source is sent. */
interface SentAnswer {
  headers: Record<string, string>;
  through?: Duplex[];
  rows?: number;
  stallMs: number;
}

/**
 * An answer that is streamed, made before anything is awaited. It knows whether its reader is still there, hears every
 * error of the response, and what is entrusted to it is given back once: when all is sent, or when the reader leaves.
 */
export class StreamAnswer {
  private readonly logger = new Logger(StreamAnswer.name);
  private readonly over = new AbortController();
  private readonly response: ServerResponse;

  constructor(private readonly reply: RawReply) {
    this.response = responseOf(reply);
    // An error that nobody hears ends the process.
    this.response.on('error', () => this.end());
    this.response.once('close', () => this.end());
    whenClosed(this.response.req.socket, this);
    if (this.response.destroyed) this.end();
  }

  /** Whether all is sent, or the reader has left. */
  get isOver(): boolean {
    return this.over.signal.aborted;
  }

  /** Aborted when it is over; an error of what comes before the answer is an end as well. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Bytes that wait for the reader. */
  get waiting(): number {
    return this.response.writableLength;
  }

  /** Runs once when the answer is over, and at once when it is already. */
  whenOver(giveBack: () => void): void {
    if (this.isOver) giveBack();
    else this.signal.addEventListener('abort', giveBack, { once: true });
  }

  /** Does what comes before the answer. Undefined when the reader has left meanwhile, who is told of no error either. */
  async before<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    try {
      return await work(this.signal);
    } catch (error) {
      if (!this.isOver) throw error;
      this.takeOver();
      return undefined;
    }
  }

  /** Sends the head. False when there is nobody to send more to: the reader has left, or asked for the head alone. */
  begin(headers: Record<string, string>): boolean {
    this.takeOver();
    if (this.isOver) return false;
    this.response.writeHead(200, headers);
    if (this.response.req.method !== 'HEAD') return true;
    this.finish();
    return false;
  }

  /** Sends text after {@link begin}, if there is still somebody to read it. */
  write(text: string): void {
    if (!this.isOver) this.response.write(text);
  }

  /** Ends it in good order. */
  finish(): void {
    if (!this.isOver) this.response.end();
    this.end();
  }

  /** Breaks it off, so that the reader knows that something is missing. */
  cut(): void {
    this.response.destroy();
    // What stands behind another answer of the same connection has no socket of its own yet.
    this.response.req.socket.destroy();
    this.end();
  }

  /**
   * Sends a source to its end, through what transforms it; the source is destroyed whatever happens. A reader that takes
   * next to nothing for `stallMs` is cut. `rows` is what the source has. Throws what {@link holdAnswer} has thrown.
   */
  async send(source: Readable, { headers, through = [], rows, stallMs }: SentAnswer): Promise<void> {
    const streams = [source, ...through];
    for (const stream of streams) stream.on('error', () => undefined);
    const ended = await this.released(rows).catch((error: unknown) => {
      for (const stream of streams) stream.destroy();
      throw error;
    });
    if (!this.begin(headers)) {
      for (const stream of streams) stream.destroy();
      ended?.(this.response.writableEnded);
      return;
    }
    const watch = this.watch(stallMs);
    try {
      await pipeline([source, ...through, this.response]);
      ended?.(true);
      this.end();
    } catch (error) {
      ended?.(false);
      if (!this.isOver) this.logger.warn(`A streamed answer broke off: ${(error as Error).message}`);
      this.cut();
    } finally {
      clearInterval(watch);
    }
  }

  /** Called when it is over, and as often as anything else says so. */
  end(): void {
    this.over.abort();
  }

  /** Nobody is told of an answer that has no reader. */
  private released(rows: number | undefined): Promise<((isWhole: boolean) => void) | undefined> {
    const isHead = this.response.req.method === 'HEAD';
    return (!this.isOver && held.get(this.response)?.(isHead ? 0 : rows)) || Promise.resolve(undefined);
  }

  private takeOver(): void {
    if ('raw' in this.reply) this.reply.hijack();
  }

  private watch(stallMs: number): NodeJS.Timeout {
    const { socket } = this.response.req;
    const taken = () => socket.bytesWritten - socket.writableLength;
    let mark = taken();
    let idleTurns = 0;
    // Turns and not a clock: while this process stands still, nobody can take anything.
    return setInterval(() => {
      const isTaking = !this.response.writableNeedDrain || taken() - mark >= MIN_TAKEN;
      idleTurns = isTaking ? 0 : idleTurns + 1;
      if (isTaking) mark = taken();
      if (idleTurns < TURNS) return;
      this.logger.warn(`A reader that took less than ${MIN_TAKEN} bytes in ${stallMs} ms was cut`);
      this.cut();
    }, stallMs / TURNS).unref();
  }
}

/** The answers that are not over, by connection: pipelined ones have no response that closes with it. */
const answersOf = new WeakMap<Socket, Set<StreamAnswer>>();

function whenClosed(socket: Socket, answer: StreamAnswer): void {
  let answers = answersOf.get(socket);
  if (!answers) {
    answers = new Set();
    answersOf.set(socket, answers);
    socket.once('close', () => {
      for (const open of answersOf.get(socket)!) open.end();
    });
  }
  const all = answers;
  all.add(answer);
  answer.whenOver(() => all.delete(answer));
  if (socket.destroyed) answer.end();
}
