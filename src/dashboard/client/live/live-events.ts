import { type Schemas, http } from '../api/client.ts';

export type LiveEvent = Schemas['PositionedEventDto'];
/** How events arrive: by the stream, by asking every 2 s where a stream cannot be had, or not at all. */
export type Connection = 'connecting' | 'live' | 'polling' | 'offline';

const POLL_MS = 2_000;
const STREAM_AGAIN_MS = 30_000;
/** The stream names each event, and a browser listens by name; the compiler sees to it that none is missing. */
const TYPES: Record<LiveEvent['type'], true> = {
  'sync.recorded': true,
  'attempt.failed': true,
  'sync.succeeded': true,
  'sync.failed': true,
  'sync.partial': true,
  'sync.late_result': true,
  'sync.version_linked': true,
  'retention.applied': true,
};

/** The events of the service as they happen, one connection for the whole page. It heals by itself. */
class LiveEvents {
  private connection: Connection = 'connecting';
  private position: number | undefined;
  private source: EventSource | undefined;
  private readonly watchers = new Set<() => void>();
  private readonly readers = new Set<(event: LiveEvent) => void>();

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly state = (): Connection => this.connection;

  read(reader: (event: LiveEvent) => void): () => void {
    this.readers.add(reader);
    if (!this.source && this.connection === 'connecting') this.stream();
    return () => this.readers.delete(reader);
  }

  private stream(): void {
    const after = this.position === undefined ? '' : `?after=${this.position}`;
    const source = new EventSource(`/api/v1/sync/events${after}`);
    this.source = source;
    source.addEventListener('open', () => this.become('live'));
    for (const type of Object.keys(TYPES)) {
      source.addEventListener(type, ({ data }: MessageEvent<string>) => this.arrive(JSON.parse(data) as LiveEvent));
    }
    source.addEventListener('error', () => {
      this.become('offline');
      // A browser connects again by itself after a break, but not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      void this.poll(performance.now() + STREAM_AGAIN_MS);
    });
  }

  private async poll(streamAgainAt: number): Promise<void> {
    while (performance.now() < streamAgainAt) {
      try {
        const query = { after: this.position ?? Number.MAX_SAFE_INTEGER, limit: 1_000 };
        const { data } = await http.GET('/api/v1/sync/events', { params: { query } });
        if (data) {
          this.become('polling');
          if (this.position !== undefined) for (const event of data.items) this.arrive(event);
          if (data.next < Number.MAX_SAFE_INTEGER) this.position = data.next;
        }
      } catch {
        this.become('offline');
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.stream();
  }

  private arrive(event: LiveEvent): void {
    if (this.position !== undefined && event.position <= this.position) return;
    this.position = event.position;
    for (const reader of this.readers) reader(event);
  }

  private become(connection: Connection): void {
    if (this.connection === connection) return;
    this.connection = connection;
    for (const watcher of this.watchers) watcher();
  }
}

export const liveEvents = new LiveEvents();
