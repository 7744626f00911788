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
      return `values (${columns.map(({ type, value }) => this.parameter(type, value(rows[0]!))).join(', ')})`;
    }
    const arrays = columns.map(({ type, value }) => this.array(type, rows.map(value)));
    return `select * from unnest(${arrays.join(', ')})`;
  }

  /** `insert into table (…) <rows> on conflict do nothing`. */
  insert<Row>(table: string, columns: Column<Row>[], rows: Row[]): string {
    return `insert into ${table} (${names(columns)}) ${this.rows(columns, rows)} on conflict do nothing`;
  }

  /** All the values in one parameter. */
  array(type: string, values: unknown[]): string {
    return this.parameter(`${type}[]`, type === 'bytea' ? byteaArray(values as Buffer[]) : values);
  }

  /** One value. */
  parameter(type: string, value: unknown): string {
    return `$${this.parameters.push(value)}::${type}`;
  }
}

const BYTEA_OID = 17;

/** PostgreSQL's binary form of an array; `pg` would send its text form, which is twice as long. */
function byteaArray(values: Buffer[]): Buffer {
  const dimensions = [1, 0, BYTEA_OID, values.length, 1];
  return Buffer.concat([int32(...dimensions), ...values.flatMap((value) => [int32(value.length), value])]);
}

function int32(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeInt32BE(value, index * 4));
  return bytes;
}

export function names<Row>(columns: Column<Row>[]): string {
  return columns.map(({ name }) => name).join(', ');
}
