import { connect, type Socket } from 'node:net';

/** What came back over one connection. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A connection on which a test says each byte itself. */
export class RawConnection {
  private received = '';
  private readonly ended: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.received += text));
    // The server may end it by a reset.
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => void socket.once('close', () => resolve()));
  }

  static to(url: string): RawConnection {
    const { hostname, port } = new URL(url);
    return new RawConnection(connect(Number(port), hostname));
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** As soon as what came says this. */
  async said(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.closed) throw new Error(`Closed after ${JSON.stringify(this.received)}`);
      await Promise.race([new Promise((resolve) => void this.socket.once('data', resolve)), this.ended]);
    }
    return this.received;
  }

  /** All that came until the server closed the connection. */
  async closed(): Promise<string> {
    await this.ended;
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** The first answer in a text; its body is the rest. */
export function answerIn(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [start = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(start.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}
