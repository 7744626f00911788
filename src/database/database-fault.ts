import { DatabaseAwayError, StatementTooSlowError } from './database.errors.ts';

/**
 * What is the matter with the database, and so what helps: `conflict` and `no-partition` another try at once, `away`,
 * `exhausted`, `read-only` and `slow` time. A statement that is `refused` would fail the same way for ever.
 */
export type DatabaseFault = 'away' | 'exhausted' | 'read-only' | 'slow' | 'conflict' | 'no-partition' | 'refused';

/** Texts for the caller. */
const TEXTS: Record<DatabaseFault, string> = {
  away: 'The database does not answer',
  exhausted: 'The database has no free disk space, memory or connections',
  'read-only': 'The database accepts no writes, because it is a standby or read-only',
  slow: 'The database did not finish a statement in time, so the service cancelled it',
  conflict: 'The database cancelled the statement because of a conflict with other transactions',
  'no-partition': 'The database has no table for the month of the record',
  refused: 'The database refused a statement',
};

export function faultText(fault: DatabaseFault = 'away'): string {
  return TEXTS[fault];
}

/** By the first characters of an SQLSTATE; the first that matches counts. */
const FAULTS: [prefix: string, DatabaseFault][] = [
  ['25006', 'read-only'],
  // 57014: we or statement_timeout stopped it; 25P04: transaction_timeout did.
  ['57014', 'slow'],
  ['25P04', 'slow'],
  // 40: serialization, deadlock. 55P03: a lock that was not had in time.
  ['40', 'conflict'],
  ['55P03', 'conflict'],
  // A statement before it failed, such as one that a pooler does not know by its name.
  ['25P02', 'conflict'],
  // 25P03: we were paused in a transaction, and the connection was ended.
  ['25P03', 'away'],
  // Disk full, too many connections, out of memory.
  ['53', 'exhausted'],
  // Connection; in use; starting, stopping; system; internal, and poolers.
  ...['08', '55006', '57', '58', 'XX'].map((prefix): [string, DatabaseFault] => [prefix, 'away']),
  // A password that was changed, a database that is being restored: a matter of the operator, not of the caller.
  ...['28', '3D000'].map((prefix): [string, DatabaseFault] => [prefix, 'away']),
];
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** Of the operating system, for a connection; never those of files. */
const CONNECTION_CODE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL)$/;
/** What `pg` and its pool say without a code. */
const CONNECTION_TEXT =
  /^(Connection terminated|timeout e\w+|Query read timeout|Client (has encountered|was closed)|Cannot use a pool after|Pool was destroyed|The database was silent)/;

/** The one list of what goes wrong with the database; undefined for an error that is not its. */
export function databaseFault(error: unknown): DatabaseFault | undefined {
  // The ORM and `pg` wrap one another's errors.
  for (let cause = error; cause instanceof Object; cause = (cause as { cause?: unknown }).cause) {
    const fault = faultOf(cause);
    if (fault) return fault;
  }
  return undefined;
}

function faultOf(error: object): DatabaseFault | undefined {
  if (error instanceof DatabaseAwayError) return 'away';
  if (error instanceof StatementTooSlowError) return 'slow';
  const { code, message, fault } = error as { code?: unknown; message?: unknown; fault?: DatabaseFault };
  if (fault !== undefined) return fault;
  const text = typeof message === 'string' ? message : '';
  if (typeof code !== 'string') return CONNECTION_TEXT.test(text) ? 'away' : undefined;
  if (CONNECTION_CODE.test(code)) return 'away';
  // EPIPE and the like have five letters too, but never a digit.
  if (!SQLSTATE.test(code)) return CONNECTION_TEXT.test(text) ? 'away' : undefined;
  if (code === '23514' && text.startsWith('no partition of relation')) return 'no-partition';
  return FAULTS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'refused';
}
