/** What a failed statement means for trying it again: `refused` would fail the same way for ever. */
export type DatabaseFault = 'away' | 'conflict' | 'no-partition' | 'refused';

/** Sorts an error of `pg` by its SQLSTATE; without one the connection itself failed. */
export function databaseFault(error: unknown): DatabaseFault {
  const { code, message } = error as { code?: unknown; message?: string };
  // EPIPE and the like have five letters too, but never a digit.
  if (typeof code !== 'string' || !/^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return 'away';
  if (code === '23514' && message?.startsWith('no partition of relation')) return 'no-partition';
  if (code.startsWith('40')) return 'conflict';
  // 08 connection, 53 resources, 55006/57P shutdown, 58 system, 25006 a standby after failover.
  return /^(08|53|57|58|25006|XX)/.test(code) ? 'away' : 'refused';
}
