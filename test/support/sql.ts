import { Client, type QueryResultRow } from 'pg';

/** A connection of the test's own, to see what stands in the database and to spoil it. */
export interface Sql {
  <Row extends QueryResultRow>(statement: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function connectSql(url: string): Promise<Sql> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const query = async <Row extends QueryResultRow>(statement: string, values?: unknown[]) =>
    (await client.query<Row>(statement, values)).rows;
  return Object.assign(query, { close: () => client.end() });
}
