import { JsonHttp } from './json-http.ts';

/** What goes wrong with the next pushes; see the sandbox's own faults. */
export interface Fault {
  /** `reset-after` applies the push and cuts the connection instead of an answer. */
  kind: 'status' | 'html' | 'reset-after';
  status?: number;
  /** How many pushes it strikes. */
  calls: number;
  headers?: Record<string, string>;
}

interface JournalEntry {
  method: string;
  path: string;
}

/** What the sandbox lets one do behind the service's back. */
export class CmsControl {
  private readonly http: JsonHttp;

  constructor(
    readonly url: string,
    signal: AbortSignal,
  ) {
    this.http = new JsonHttp(`${url}/_sandbox`, signal);
  }

  async failNextPushes({ kind, status, calls, headers }: Fault): Promise<void> {
    const match = { method: 'POST', path: '/manifest' };
    await this.http.request('POST', '/faults', { faults: [{ kind, status, calls, headers, match }] });
  }

  async editContentType(key: string, author: string, changes: object): Promise<void> {
    await this.http.request('PUT', `/content-types/${key}`, { author, changes });
  }

  async deleteContentType(key: string): Promise<void> {
    await this.http.request('DELETE', `/content-types/${key}`);
  }

  /** How many manifests the CMS was asked to take or to give. */
  async manifestCalls(): Promise<{ pushes: number; pulls: number }> {
    const journal = await this.http.request<JournalEntry[]>('GET', '/journal');
    const count = (asked: string) =>
      journal.filter(({ method, path }) => method === asked && path.endsWith('/manifest')).length;
    return { pushes: count('POST'), pulls: count('GET') };
  }
}
