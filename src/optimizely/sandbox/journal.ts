import type { FastifyRequest } from 'fastify';
import type { FaultKind } from './faults.ts';
import { isObject } from './shape.ts';

const MASK = '***';

/** One API request as it arrived and how it ended. Secrets are masked. */
export interface JournalEntry {
  /** Counts from 1 since the start or the last reset. */
  number: number;
  /** ISO 8601, by the clock of the sandbox. */
  at: string;
  /** The client id, once the request has proven it. */
  tenant: string | null;
  method: string;
  path: string;
  query: unknown;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
  /** Null until answered, and for good when the connection was reset. */
  status: number | null;
  fault: FaultKind | null;
  durationMs: number | null;
  changedState: boolean;
}

export class Journal {
  #entries: JournalEntry[] = [];

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  open({ method, originalUrl, query, headers }: FastifyRequest, now: number): JournalEntry {
    const entry: JournalEntry = {
      number: this.#entries.length + 1,
      at: new Date(now).toISOString(),
      tenant: null,
      method,
      path: originalUrl.split('?', 1)[0]!,
      query,
      headers: {
        ...headers,
        ...(headers.authorization && { authorization: maskedAuthorization(headers.authorization) }),
      },
      body: null,
      status: null,
      fault: null,
      durationMs: null,
      changedState: false,
    };
    this.#entries.push(entry);
    return entry;
  }

  clear(): void {
    this.#entries = [];
  }
}

export function masked(body: unknown): unknown {
  return isObject(body) && 'client_secret' in body ? { ...body, client_secret: MASK } : (body ?? null);
}

function maskedAuthorization(value: string): string {
  return `${value.split(' ', 1)[0]} ${MASK}`;
}
