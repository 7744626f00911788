import { type Schemas, http } from '../api/client.ts';

export type LiveEvent = Schemas['PositionedEventDto'];
/** How events arrive: by the stream, by asking every 2 s where a stream cannot be had, or not at all. */
export type Connection = 'connecting' | 'live' | 'polling' | 'offline';

const POLL_MS = 2_000;
const GONE = 410;
const STREAM_SOON_MS = 1_000;
const STREAM_AGAIN_MS = 30_000;
/** The stream names each event, and a browser listens by name; the compiler sees to it that none is missing. */
const TYPES: Record<LiveEvent['type'], true> = {
  'sync.recorded': true,
  'attempt.failed': true,
  'sync.succeeded': true,
  'sync.failed': true,
  'sync.partial': true,
  'sync.outcome_known': true,
  'sync.late_result': true,
  'sync.version_linked': true,
  'sync.adopted': true,
  'retention.applied': true,
  'epoch.began': true,
};

/** The events of the service as they happen, one connection for the whole page. It heals by itself. */
class LiveEvents {
  private connection: Connection = 'connecting';
  private position = -1;
  /** Where to go on; a position alone would not tell after a restore of the database. */
  private place: string | undefined;
  private hasBegun = false;
  private readonly watchers = new Set<() => void>();
  private readonly readers = new Set<(event: LiveEvent) => void>();

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly state = (): Connection => this.connection;

  read(reader: (event: LiveEvent) => void): () => void {
    this.readers.add(reader);
    if (!this.hasBegun) void this.begin();
    this.hasBegun = true;
    return () => this.readers.delete(reader);
  }

  /** Where the events end is asked first, so that none is missed even when the stream breaks before it brings one. */
  private async begin(): Promise<void> {
    while (!(await this.ask())) {
      this.become('offline');
      await pause();
    }
    this.stream();
  }

  /** From where it was: a browser that connects again by itself would miss what came before its first event. */
  private stream(): void {
    const source = new EventSource(`/api/v1/sync/events?after=${this.place}`);
    let wasOpen = false;
    source.addEventListener('open', () => {
      wasOpen = true;
      this.become('live');
    });
    for (const type of Object.keys(TYPES)) {
      source.addEventListener(type, ({ data, lastEventId }: MessageEvent<string>) =>
        this.arrive(JSON.parse(data) as LiveEvent, lastEventId),
      );
    }
    source.addEventListener('error', () => {
      source.close();
      this.become('offline');
      if (wasOpen) setTimeout(() => this.stream(), STREAM_SOON_MS);
      else void this.poll(performance.now() + STREAM_AGAIN_MS);
    });
  }

  /** Until a stream may be had again: after a while, or as soon as a service that was away answers. */
  private async poll(until: number): Promise<void> {
    for (let wasAway = false; performance.now() < until;) {
      const isThere = await this.ask();
      this.become(isThere ? 'polling' : 'offline');
      if (isThere && wasAway) break;
      wasAway = !isThere;
      await pause();
    }
    this.stream();
  }

  /** Takes the events after the last that is known, or learns which that is; whether there was an answer. */
  private async ask(): Promise<boolean> {
    try {
      const query = { after: this.place ?? String(Number.MAX_SAFE_INTEGER), limit: 1_000 };
      const { data, response } = await http.GET('/api/v1/sync/events', { params: { query } });
      // What the page shows is of a history that the database does not continue.
      if (response.status === GONE) location.reload();
      if (!data) return false;
      for (const event of data.items) this.arrive(event, data.next);
      this.place = data.next;
      return true;
    } catch {
      return false;
    }
  }

  private arrive(event: LiveEvent, place: string): void {
    if (event.position <= this.position) return;
    this.position = event.position;
    this.place = place;
    for (const reader of this.readers) reader(event);
  }

  private become(connection: Connection): void {
    if (this.connection === connection) return;
    this.connection = connection;
    for (const watcher of this.watchers) watcher();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

export const liveEvents = new LiveEvents();
