import { escapeLiteral } from 'pg';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A column of a file. */
export interface ExportedColumn {
  name: string;
  sql: string;
  /** PostgreSQL type. */
  type: string;
  /** Whether others can choose the text, so that a spreadsheet may take it for a formula. */
  foreign?: boolean;
}

/** A leading `=`, `+`, `-` or `@`, full-width too, even after what is not seen; or a sign that may lead to one. */
const FORMULA = `'^[\\s\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u2060\\u3000\\ufeff''"]*[=+@\\uff1d\\uff0b\\uff20\\uff0d-]|^[\\t\\n\\r]'`;

/** `from` is what follows the word in the statement, with the condition and the order. */
export function copyStatement(columns: readonly ExportedColumn[], from: string, format: ExportFormat): string {
  const values = columns.map((column) => `${format === 'csv' ? csvValue(column) : column.sql} as "${column.name}"`);
  const select = `select ${values.join(', ')} from ${from}`;
  if (format === 'csv') return `copy (${select}) to stdout (format csv, header)`;
  // JSON never has these two characters bare, so nothing is quoted: each row is its JSON and a line feed.
  return `copy (select row_to_json(one) from (${select}) one) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`;
}

/** COPY takes no parameters: every value is quoted by the driver. */
export function quotedLiteral(value: unknown): string {
  if (value instanceof Date) return escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return `array[${value.map(quotedLiteral).join(', ')}]`;
  return escapeLiteral(String(value));
}

function csvValue({ sql, type, foreign }: ExportedColumn): string {
  if (type === 'timestamptz') return `to_char(${sql}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return foreign ? `case when ${sql}::text ~ ${FORMULA} then '''' || ${sql}::text else ${sql}::text end` : sql;
}
