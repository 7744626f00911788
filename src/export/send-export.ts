import { createGzip } from 'node:zlib';
import type { StreamAnswer } from '#http';
import type { ExportFormat } from './export-statement.ts';
import type { RowExport } from './row.export.ts';

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };

/** How a file is called and sent. */
interface SentFile {
  /** Without its ending. */
  name: string;
  format: ExportFormat;
  /** As the reader sent it. */
  acceptEncoding: string | undefined;
  headers?: Record<string, string>;
  stallMs: number;
}

/** Sends a file of rows to its end; `X-SyncTrail-Count` is their number. */
export async function sendExport(
  answer: StreamAnswer,
  { stream, count }: RowExport,
  { name, format, acceptEncoding, headers, stallMs }: SentFile,
): Promise<void> {
  const gzip = /\bgzip\b(?!;\s*q=0(\.0+)?\s*(,|$))/.test(acceptEncoding ?? '');
  await answer.send(stream, {
    headers: {
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="${name}.${format}"`,
      'x-synctrail-count': String(count),
      vary: 'accept-encoding',
      ...headers,
      ...(gzip && { 'content-encoding': 'gzip' }),
    },
    through: gzip ? [createGzip({ level: 3 })] : [],
    rows: count,
    stallMs,
  });
}
