import { DatabaseError } from 'pg';
import { DatabaseAwayError, databaseFault } from '#database';
import { RecordingUnavailableError } from '#recording';
import { problemOf } from '#problems';

const AWAY = 'DATABASE_UNAVAILABLE';

/** One list, so what recording waits for and what a caller is told are the same. */
describe('a fault of the database', () => {
  it.each([
    ['08006', 'away', AWAY],
    ['53100', 'exhausted', AWAY],
    ['53300', 'exhausted', AWAY],
    ['57P01', 'away', AWAY],
    ['57P03', 'away', AWAY],
    ['58030', 'away', AWAY],
    ['28P01', 'away', AWAY],
    ['3D000', 'away', AWAY],
    ['25006', 'read-only', 'DATABASE_READ_ONLY'],
    ['57014', 'slow', 'QUERY_TOO_SLOW'],
    ['40001', 'conflict', 'DATABASE_BUSY'],
    ['40P01', 'conflict', 'DATABASE_BUSY'],
    ['55P03', 'conflict', 'DATABASE_BUSY'],
    ['25P02', 'conflict', 'DATABASE_BUSY'],
    ['23505', 'refused', 'INTERNAL_ERROR'],
    ['23514', 'refused', 'INTERNAL_ERROR'],
    ['22021', 'refused', 'INTERNAL_ERROR'],
    ['P0001', 'refused', 'INTERNAL_ERROR'],
    ['ECONNREFUSED', 'away', AWAY],
    ['ECONNRESET', 'away', AWAY],
    ['EPIPE', 'away', AWAY],
    ['ENOTFOUND', 'away', AWAY],
  ])('with the code %s is %s, and a caller is told %s', (code, fault, problem) => {
    const error = Object.assign(new DatabaseError('x', 1, 'error'), { code });
    expect(databaseFault(error)).toBe(fault);
    expect(databaseFault(new Error('wrapped by the ORM', { cause: error }))).toBe(fault);
    expect(problemOf(error)).toMatchObject({ code: problem, status: problem === 'INTERNAL_ERROR' ? 500 : 503 });
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Client has encountered a connection error and is not queryable',
    'Cannot use a pool after calling end on the pool',
    'The database was silent for 60000 ms',
  ])('may have no code: %s', (message) => {
    expect(databaseFault(new Error(message))).toBe('away');
  });

  it.each([
    new TypeError('x is not a function'),
    Object.assign(new Error('x'), { code: 'ENOENT' }),
    new Error('x'),
    null,
  ])('is not %p', (error) => {
    expect(databaseFault(error)).toBeUndefined();
  });

  it('is named by what refuses to send a call that cannot be recorded', () => {
    const readOnly = Object.assign(new DatabaseError('x', 1, 'error'), { code: '25006' });
    expect(new RecordingUnavailableError(readOnly).message).toContain('accepts no writes');
    expect(new RecordingUnavailableError(new DatabaseAwayError('x')).message).toContain('does not answer');
  });
});
