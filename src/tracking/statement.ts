/** A column to be written: its name, its PostgreSQL type, and its value in a row. */
export interface Column<Row> {
  name: string;
  type: string;
  value: (row: Row) => unknown;
}

/** Collects the parameters of one SQL statement whose parts are written row by row. */
export class Statement {
  readonly parameters: unknown[] = [];

  /** A source of rows for `insert` or `with`: plain values for one row (unnest costs it 30 %), arrays for many. */
  rows<Row>(columns: Column<Row>[], rows: Row[]): string {
    if (rows.length === 1) {
      return `values (${columns.map(({ type, value }) => `${this.parameter(value(rows[0]!))}::${type}`).join(', ')})`;
    }
    return `select * from unnest(${columns
      .map(({ type, value }) => `${this.parameter(rows.map(value))}::${type}[]`)
      .join(', ')})`;
  }

  /** `insert into table (…) <rows> on conflict do nothing`; nothing at all for no rows. */
  insert<Row>(table: string, columns: Column<Row>[], rows: Row[]): string {
    return `insert into ${table} (${names(columns)}) ${this.rows(columns, rows)} on conflict do nothing`;
  }

  private parameter(value: unknown): string {
    return `$${this.parameters.push(value)}`;
  }
}

export function names<Row>(columns: Column<Row>[]): string {
  return columns.map(({ name }) => name).join(', ');
}
