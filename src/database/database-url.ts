/** A PostgreSQL among those of which one takes writes. */
export interface Host {
  host: string;
  port: number;
}

/** Which of several hosts will do, as libpq has it. Those that take no writes are of no use to a recorder. */
export const SESSION_ATTRIBUTES = ['read-write', 'primary', 'any'] as const;
export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number];

export interface DatabaseUrl {
  /** In the order in which they are tried. */
  hosts: Host[];
  database: string;
  /** Undefined for a single host that was given without it: it is not asked. */
  attributes: SessionAttributes | undefined;
  /** The address of the first host alone, for what knows but one. */
  first: string;
}

const URL_PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^@/?#]*)(.*)$/s;

/**
 * Reads `postgres://user:password@one:5432,two:5433/name?target_session_attrs=read-write`. Several hosts without
 * `target_session_attrs` mean `read-write`. Throws a plain sentence that quotes no password.
 */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  const [, before = '', list = '', after = ''] = URL_PARTS.exec(url) ?? fail('it does not begin with postgres://');
  const addresses = list
    .split(',')
    .map((address) => (address === '' ? fail('a host has no name') : asUrl(`${before}${address}${after}`)));
  const [first] = addresses;
  const given = first!.searchParams.get('target_session_attrs');
  const attributes = SESSION_ATTRIBUTES.find((name) => name === given);
  if (given !== null && !attributes) {
    fail(`target_session_attrs must be one of ${SESSION_ATTRIBUTES.join(', ')}, because the service writes`);
  }
  first!.searchParams.delete('target_session_attrs');
  return {
    hosts: addresses.map(({ hostname, port }) => ({
      host: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || 5432),
    })),
    database: decodeURIComponent(first!.pathname.slice(1)),
    attributes: attributes ?? (addresses.length > 1 ? 'read-write' : undefined),
    first: first!.href,
  };
}

/** For people: where, but not who. */
export function describeHosts({ hosts, database }: DatabaseUrl): string {
  return `${hosts.map(({ host, port }) => `${host}:${port}`).join(',')}/${database}`;
}

function asUrl(text: string): URL {
  return URL.canParse(text) ? new URL(text) : fail('it cannot be read');
}

function fail(why: string): never {
  throw new Error(`it is no postgres:// address (${why})`);
}
