import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How a reader takes its leave: with a reset, with an end that is heard out, or by closing. */
const LEAVES = [
  (socket: Socket) => socket.resetAndDestroy(),
  (socket: Socket) => socket.end(),
  (socket: Socket) => socket.destroy(),
];

/** One request as it goes over the wire. */
export interface WireRequest {
  path: string;
  method?: string;
  headers?: Record<string, string>;
}

/** The bytes of a request; several one after another are pipelined. */
export function wire({ path, method = 'GET', headers = {} }: WireRequest): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Readers that send these bytes and leave 0 to 20 ms later, so many at a time; resolves when all are gone. */
export async function comeAndGo(
  url: string,
  { readers, bytes, atOnce = 50 }: { readers: number; bytes: string; atOnce?: number },
): Promise<void> {
  let next = 0;
  const come = async () => {
    while (next < readers) {
      const index = next++;
      const socket = await reader(url, bytes);
      await wait(index % 21);
      const gone = once(socket, 'close');
      LEAVES[index % LEAVES.length]!(socket);
      // One that ends its side waits for the other's end, which a stream never sends: it is not asked twice.
      const late = setTimeout(() => socket.destroy(), 20);
      await gone;
      clearTimeout(late);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, readers) }, come));
}

/** A connection that has sent these bytes, and reads whatever comes. */
export async function reader(url: string, bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.resume().write(bytes);
  return socket;
}
