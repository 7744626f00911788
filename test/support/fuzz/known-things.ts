import type { FuzzRequest } from './fuzz-request.ts';

const PLACEHOLDER = /@@([^:@]+):(\d+)(?::([a-z]+))?@@/g;
const MAX_KEPT = 30;
const NOBODY = '019a5f0e-7c11-7aaa-8000-000000000000';

/** How a cursor may be sent. */
export const CURSOR_CHANGES = ['whole', 'cut', 'altered', 'doubled', 'blank', 'retyped'] as const;
/** Of whatever list. */
export const ANY_LIST = '*';

/** In the place of an id or a text that only a running service knows. */
export const placeholder = (pool: string, index: number, change = ''): string =>
  `@@${pool}:${index}${change && `:${change}`}@@`;

/** The ids, hashes and cursors that a service has answered, for later requests. */
export class KnownThings {
  private readonly pools = new Map<string, string[]>();

  learn(path: string, body: unknown): void {
    if (typeof body !== 'object' || body === null) return;
    const list = path.split('?', 1)[0]!;
    const { items, ids, next, prev } = body as Record<string, unknown>;
    const name = poolOf(list);
    for (const id of Array.isArray(ids) ? ids : []) this.add(name, id);
    const inside = (Array.isArray(items) ? items : []) as Record<string, unknown>[];
    const isPage = next !== undefined;
    for (const thing of [body as Record<string, unknown>, ...(isPage ? inside.toReversed() : [])]) {
      this.add(name, thing.id);
      this.add('hashes', thing.versionHash);
      this.add('failures', thing.errorFingerprint);
    }
    if (name === 'deployments' && !isPage) for (const { syncId } of inside) this.add('pushed', syncId);
    for (const cursor of [next, prev]) {
      this.add(`cursor${list}`, cursor);
      this.add(`cursor${ANY_LIST}`, cursor);
    }
  }

  /** With the newest of what was learned in the place of each placeholder. */
  fill({ path, headers, body, ...rest }: FuzzRequest): FuzzRequest {
    const filled = (text: string) =>
      text.replaceAll(PLACEHOLDER, (_, pool: string, index: string, change?: string) => {
        const known = this.pools.get(pool) ?? [];
        const found = known.at(-1 - (Number(index) % Math.max(1, known.length)));
        return change === undefined ? (found ?? NOBODY) : changed(found ?? 'bnVsbA', change);
      });
    return {
      ...rest,
      path: filled(path),
      headers: headers.map(([name, value]) => [name, filled(value)]),
      ...(body !== undefined && { body: filled(body) }),
    };
  }

  private add(pool: string, thing: unknown): void {
    if (typeof thing !== 'string' || !/^[\w-]+$/.test(thing)) return;
    const known = this.pools.get(pool) ?? [];
    if (!known.includes(thing)) this.pools.set(pool, [...known, thing].slice(-MAX_KEPT));
  }
}

/** By the last name in the address of a list: `plans`, `rules`. */
function poolOf(path: string): string {
  const last = path.split('/').findLast((name) => !/^([0-9a-f-]{36}|rollback|replay|cancel|end|latest)$/.test(name))!;
  return ['history', 'batch'].includes(last) ? 'sync' : last;
}

function changed(cursor: string, change: string): string {
  if (change === 'cut') return cursor.slice(0, -5);
  if (change === 'altered') return cursor.replace(/.{4}$/, 'AAAA');
  if (change === 'doubled') return cursor + cursor;
  if (change === 'blank') return `%20${cursor}`;
  if (change === 'retyped') return retyped(cursor);
  return cursor;
}

/** Still JSON, with other things in it. */
function retyped(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  return Buffer.from(text.replaceAll(/\d+/g, '99999999999999999999').replaceAll('null', '{}')).toString('base64url');
}
