import { Agent, request } from 'node:http';
import type { FuzzRequest } from './fuzz-request.ts';

/** An answer as it came. */
export interface FuzzAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Until the last byte; of a stream, until the first. */
  ms: number;
}

const MAX_WAIT_MS = 10_000;

class StaleConnectionError extends Error {}

/** Sends requests exactly as they are given, over connections that stay open. */
export class HttpExchange {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(private readonly url: string) {}

  /** Throws when no whole answer comes within ten seconds. */
  async send(request: FuzzRequest): Promise<FuzzAnswer> {
    try {
      return await this.sendOnce(request);
    } catch (error) {
      // The server may close a connection in the moment in which it is used again.
      if (!(error instanceof StaleConnectionError)) throw error;
      this.agent.destroy();
      return await this.sendOnce(request);
    }
  }

  private sendOnce({ method, path, headers, body, encoding }: FuzzRequest): Promise<FuzzAnswer> {
    const start = performance.now();
    const { hostname, port, host } = new URL(this.url);
    const bytes = body === undefined ? undefined : Buffer.from(body, encoding);
    const sent = Object.fromEntries<string | number>([['host', host], ...headers]);
    if (bytes) sent['content-length'] = bytes.length;
    let hasAnswered = false;
    return new Promise((resolve, reject) => {
      const asked = request(
        { hostname, port, agent: this.agent, method, path, headers: sent, setHost: false },
        (response) => {
          hasAnswered = true;
          const { statusCode: status = 0, headers: answered } = response;
          const chunks: Buffer[] = [];
          const done = () => {
            clearTimeout(late);
            resolve({
              status,
              headers: answered,
              text: Buffer.concat(chunks).toString(),
              ms: performance.now() - start,
            });
          };
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          if (answered['content-type']?.startsWith('text/event-stream')) {
            done();
            response.on('error', () => undefined).destroy();
          } else {
            response.on('end', done);
          }
        },
      );
      const late = setTimeout(() => asked.destroy(new Error(`no answer within ${MAX_WAIT_MS} ms`)), MAX_WAIT_MS);
      asked.on('error', (error) => {
        clearTimeout(late);
        reject(asked.reusedSocket && !hasAnswered ? new StaleConnectionError(error.message) : error);
      });
      asked.end(bytes);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
