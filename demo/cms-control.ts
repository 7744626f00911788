import { JsonHttp } from './json-http.ts';

/** What goes wrong with the next pushes; see the sandbox's own faults. */
export interface Fault {
  /** `reset-after` and `slow` apply the push; then the connection is cut, or the answer is held back for `delayMs`. */
  kind: 'status' | 'html' | 'reset-after' | 'slow';
  status?: number;
  /** How many pushes it strikes. */
  calls: number;
  headers?: Record<string, string>;
  delayMs?: number;
}

interface JournalEntry {
  method: string;
  path: string;
  body: { contentTypes?: { key: string }[] } | null;
  changedState: boolean;
}

/** A push that the CMS was sent. */
export interface SeenPush {
  keys: string[];
  isApplied: boolean;
}

/** What the sandbox lets one do behind the service's back. */
export class CmsControl {
  private readonly http: JsonHttp;

  /** Edits and deletions are those of one tenant, told by its client id. */
  constructor(
    readonly url: string,
    private readonly tenant: string,
    signal: AbortSignal,
  ) {
    this.http = new JsonHttp(`${url}/_sandbox`, signal);
  }

  async failNextPushes(fault: Fault): Promise<void> {
    const match = { method: 'POST', path: '/manifest' };
    await this.http.request('POST', '/faults', { faults: [{ ...fault, match }] });
  }

  /** Every tenant is empty again, and so is the journal. */
  async reset(): Promise<void> {
    await this.http.request('POST', '/reset');
  }

  async editContentType(key: string, author: string, changes: object): Promise<void> {
    await this.http.request('PUT', `/content-types/${key}?tenant=${this.tenant}`, { author, changes });
  }

  async deleteContentType(key: string): Promise<void> {
    await this.http.request('DELETE', `/content-types/${key}?tenant=${this.tenant}`);
  }

  /** How many manifests the CMS was asked to take or to give. */
  async manifestCalls(): Promise<{ pushes: number; pulls: number }> {
    const pulls = await this.manifests('GET');
    return { pushes: (await this.pushes()).length, pulls: pulls.length };
  }

  /** Every push that has arrived, oldest first. */
  async pushes(): Promise<SeenPush[]> {
    const pushes = await this.manifests('POST');
    return pushes.map(({ body, changedState }) => ({
      keys: body?.contentTypes?.map(({ key }) => key) ?? [],
      isApplied: changedState,
    }));
  }

  private async manifests(asked: string): Promise<JournalEntry[]> {
    const journal = await this.http.request<JournalEntry[]>('GET', '/journal');
    return journal.filter(({ method, path }) => method === asked && path.endsWith('/manifest'));
  }
}
