/** Brings rows out of the database as files, with constant memory; refuses more files at once than a process may send. */
export { EXPORT_FORMATS, type ExportedColumn, type ExportFormat } from './export-statement.ts';
export { quotedLiteral } from './export-statement.ts';
export { MAX_EXPORTS, type RowExport, RowExports, type RowSource } from './row.export.ts';
export { sendExport } from './send-export.ts';
