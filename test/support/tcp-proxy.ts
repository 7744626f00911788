import { createServer, type Server, Socket } from 'node:net';

/** Statements of PostgreSQL: by a piece of their text. */
export interface Cut {
  /** The first statement that is cut, counted from 1 from now on over those that match. */
  nth?: number;
  /** How many in a row. */
  times?: number;
  statement: string | RegExp;
  /** `before`: it never arrives. `after`: it has arrived and was answered, but the answer is lost: its commit happened. */
  moment: 'before' | 'after';
}

/** Frontend and backend of PostgreSQL speak in messages: a letter, a length, a body; the first has no letter. */
const PARSE = 'P';
const BIND = 'B';
const QUERY = 'Q';
const READY = 'Z';
/** What would be longer is no message: `POST` or `HTTP` read as a length. */
const LONGEST = 200_000_000;

/** Stands before a server and does to its connections what networks do. */
export class TcpProxy {
  private readonly links = new Set<Link>();
  private readonly cuts: { cut: Cut; seen: number; done: () => void }[] = [];
  private isDark = false;
  private delayMs = 0;
  private bytesToLive = Number.POSITIVE_INFINITY;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(target: string | { host: string; port: number }): Promise<TcpProxy> {
    const { hostname, port } =
      typeof target === 'string' ? new URL(target) : { hostname: target.host, port: target.port };
    const server = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(server, { host: hostname, port: Number(port) });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** The same address, through the proxy. */
  url(target: string): string {
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href.replace(/\/$/, target.endsWith('/') ? '/' : '');
  }

  get connections(): number {
    return this.links.size;
  }

  /** Resets every connection; new ones pass. */
  cut(): void {
    for (const link of this.links) link.reset();
  }

  /** From now on nothing passes and nobody is told, for new connections too. */
  blackhole(): void {
    this.isDark = true;
    for (const link of this.links) link.hold();
  }

  /** What was held passes, as a network delivers what it repeats; what was given up meanwhile does not. */
  restore(): void {
    this.isDark = false;
    for (const link of this.links) link.release();
  }

  /** The connections of now stay dark for good, as when a router has forgotten them; new ones pass. */
  strand(): void {
    for (const link of this.links) link.strand();
  }

  /** Every piece, both ways, takes this much longer. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Connections from now on are reset when this many bytes of their answers have passed; without a number, none. */
  resetAfter(bytes = Number.POSITIVE_INFINITY): void {
    this.bytesToLive = bytes;
  }

  /** Cuts the connection of PostgreSQL that carries a statement; resolves when the last was cut. */
  cutAtCommit(cut: Cut): Promise<void> {
    return new Promise((done) => this.cuts.push({ cut, seen: 0, done }));
  }

  async close(): Promise<void> {
    for (const link of this.links) link.reset();
    await new Promise((done) => this.server.close(done));
  }

  private join(client: Socket): void {
    const link = new Link(client, this.target, {
      delayMs: () => this.delayMs,
      bytesToLive: this.bytesToLive,
      strike: (text) => this.strike(text),
    });
    this.links.add(link);
    link.onEnd = () => this.links.delete(link);
    if (this.isDark) link.hold();
  }

  /** Counts a statement for every cut it matches; the first whose turn it is strikes. */
  private strike(text: string): Strike | undefined {
    const matching = this.cuts.filter(({ cut }) =>
      typeof cut.statement === 'string' ? text.includes(cut.statement) : cut.statement.test(text),
    );
    for (const armed of matching) armed.seen += 1;
    const struck = matching.find(({ cut, seen }) => seen >= (cut.nth ?? 1));
    if (!struck) return undefined;
    const isLast = struck.seen >= (struck.cut.nth ?? 1) + (struck.cut.times ?? 1) - 1;
    if (isLast) this.cuts.splice(this.cuts.indexOf(struck), 1);
    return { moment: struck.cut.moment, done: () => isLast && struck.done() };
  }
}

interface Strike {
  moment: Cut['moment'];
  done: () => void;
}

interface Rules {
  delayMs: () => number;
  bytesToLive: number;
  strike: (text: string) => Strike | undefined;
}

/** One connection through the proxy. */
class Link {
  onEnd = (): void => undefined;

  private readonly server: Socket;
  private readonly asked = new Messages(true);
  private readonly answered = new Messages(false);
  private held: (() => void)[] | undefined;
  private isStranded = false;
  private struck: Strike | undefined;
  private passed = 0;

  constructor(
    private readonly client: Socket,
    target: { host: string; port: number },
    private readonly rules: Rules,
  ) {
    this.server = new Socket().connect(target);
    client.setNoDelay().resume();
    this.server.setNoDelay();
    client.on('data', (bytes: Buffer) => this.ask(bytes));
    this.server.on('data', (bytes: Buffer) => this.answer(bytes));
    for (const [from, to] of [
      [client, this.server],
      [this.server, client],
    ] as const) {
      from.on('error', () => undefined);
      from.once('end', () => this.pass(() => to.end()));
      from.once('close', (hadError) => this.part(hadError));
    }
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  hold(): void {
    this.held ??= [];
  }

  release(): void {
    if (this.isStranded) return;
    const held = this.held ?? [];
    this.held = undefined;
    for (const deliver of held) this.pass(deliver);
  }

  strand(): void {
    this.isStranded = true;
    this.hold();
  }

  /** In the dark nobody hears that the other has gone: a server that waits for a password would do so for a minute. */
  private part(hadError: boolean): void {
    if (this.held) this.held = [() => this.reset()];
    else if (hadError) this.reset();
    if (this.client.closed && this.server.closed) this.onEnd();
  }

  private ask(bytes: Buffer): void {
    for (const text of this.asked.statements(bytes)) this.struck ??= this.rules.strike(text);
    if (this.struck?.moment !== 'before') return this.pass(() => this.server.write(bytes));
    this.reset();
    this.struck.done();
  }

  private answer(bytes: Buffer): void {
    this.passed += bytes.length;
    if (this.struck) {
      // Not before the server is ready again: by then its commit has happened.
      if (!this.answered.isReady(bytes)) return;
      this.reset();
      this.struck.done();
    } else if (this.passed > this.rules.bytesToLive) {
      const left = bytes.length - (this.passed - this.rules.bytesToLive);
      this.client.write(bytes.subarray(0, left), () => this.reset());
    } else {
      this.answered.isReady(bytes);
      this.pass(() => this.client.write(bytes));
    }
  }

  private pass(deliver: () => unknown): void {
    if (this.held) this.held.push(deliver);
    else if (this.rules.delayMs() > 0) setTimeout(deliver, this.rules.delayMs());
    else deliver();
  }
}

/** Reads the messages of one direction of PostgreSQL; another protocol is left alone. */
class Messages {
  private rest = Buffer.alloc(0);
  private isForeign = false;
  /** The texts of prepared statements by their names, and the name that was prepared last and not used since. */
  private readonly prepared = new Map<string, string>();
  private fresh: string | undefined;

  constructor(private hasNoLetter: boolean) {}

  /** The texts of the statements in these bytes, each time that they are sent; of prepared ones each time that they are used. */
  statements(bytes: Buffer): string[] {
    return this.read(bytes).flatMap(({ letter, body }) => {
      if (letter === QUERY) return body.toString('utf8');
      if (letter === PARSE) {
        const [name = '', text = ''] = body.toString('utf8').split('\0');
        this.prepared.set(name, text);
        this.fresh = name;
        return text;
      }
      if (letter !== BIND) return [];
      const [, name = ''] = body.toString('latin1').split('\0', 2);
      const isFresh = name === this.fresh;
      this.fresh = undefined;
      return isFresh ? [] : (this.prepared.get(name) ?? []);
    });
  }

  isReady(bytes: Buffer): boolean {
    return this.read(bytes).some(({ letter }) => letter === READY);
  }

  private read(bytes: Buffer): { letter: string; body: Buffer }[] {
    const messages: { letter: string; body: Buffer }[] = [];
    if (this.isForeign) return messages;
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      const head = this.hasNoLetter ? 0 : 1;
      if (this.rest.length < head + 4) return messages;
      const length = this.rest.readUInt32BE(head);
      this.isForeign = length > LONGEST;
      if (this.isForeign || this.rest.length < head + length) return messages;
      messages.push({
        letter: this.rest.toString('latin1', 0, head),
        body: this.rest.subarray(head + 4, head + length),
      });
      this.rest = this.rest.subarray(head + length);
      this.hasNoLetter = false;
    }
  }
}
