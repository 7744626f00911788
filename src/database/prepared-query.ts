import { createRequire } from 'node:module';
import {
  type Connection,
  type FieldDef,
  type PoolClient,
  Query,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from 'pg';
import { serialize } from 'pg-protocol';

/** How the driver writes a value; its types leave that out. */
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as {
  prepareValue: (value: unknown) => unknown;
};
const SYNC = serialize.sync();

/** What the driver's query has beside its published types. */
interface DriverQuery {
  name: string;
  values: unknown[];
  _result: { addFields(fields: FieldDef[]): void };
  _accumulateRows: boolean;
  handleRowDescription(message: { fields: FieldDef[] }): void;
  hasBeenParsed(connection: Connection): boolean;
  submit(connection: Connection): Error | null;
}

/** The columns of statements that a connection has answered before, by their names. */
const described = new WeakMap<Connection, Map<string, FieldDef[]>>();

/**
 * A named statement. The driver asks again at each call which columns it answers with, and sends four messages: that is a
 * third of what a small statement costs. From the second call on this one sends what is left as one.
 */
class PreparedQuery extends (Query as unknown as new (
  config: QueryConfig,
  values: undefined,
  callback: (error: Error | null, result: QueryResult) => void,
) => DriverQuery) {
  private connection!: Connection;

  override submit(connection: Connection): Error | null {
    this.connection = connection;
    const fields = described.get(connection)?.get(this.name);
    if (!fields || !this.hasBeenParsed(connection)) return super.submit(connection);
    this._result.addFields(fields);
    this._accumulateRows = true;
    const { name: statement, values } = this;
    try {
      const bind = serialize.bind({ statement, values, valueMapper: prepareValue });
      connection.stream.write(Buffer.concat([bind, serialize.execute({}), SYNC]));
      return null;
    } catch (error) {
      // A value that cannot be sent; nothing was.
      return error as Error;
    }
  }

  override handleRowDescription(message: { fields: FieldDef[] }): void {
    const known = described.get(this.connection) ?? new Map<string, FieldDef[]>();
    described.set(this.connection, known.set(this.name, message.fields));
    super.handleRowDescription(message);
  }
}

/** Sends a named statement; the answer is the driver's. */
export function sendPrepared<Row extends QueryResultRow>(
  client: PoolClient,
  statement: QueryConfig,
): Promise<QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    const answer = (error: Error | null, result: QueryResult) =>
      error ? reject(error) : resolve(result as QueryResult<Row>);
    client.query(new PreparedQuery(statement, undefined, answer) as never);
  });
}
