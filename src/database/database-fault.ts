/** What a failed statement means for trying it again: `refused` would fail the same way for ever. */
export type DatabaseFault = 'away' | 'conflict' | 'no-partition' | 'refused';

/** Sorts an error of `pg` by its SQLSTATE; without one the connection itself failed. */
export function databaseFault(error: unknown): DatabaseFault {
  const { code, message } = error as { code?: unknown; message?: string };
  // EPIPE has the shape of a SQLSTATE, none of which begins with an E.
  if (typeof code !== 'string' || !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code)) return 'away';
  if (code === '23514' && message?.startsWith('no partition of relation')) return 'no-partition';
  if (code.startsWith('40')) return 'conflict';
  // 08 connection, 53 resources, 55006/57P shutdown, 58 system, 25006 a standby after failover.
  return /^(08|53|57|58|25006|XX)/.test(code) ? 'away' : 'refused';
}
