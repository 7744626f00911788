import { cpus, loadavg } from 'node:os';

export interface BenchOptions {
  rounds: number;
  seconds: number;
  /** Syncs that the history is filled with. */
  rows: number;
}

/** A table of a report: each row has the same members. */
export interface Section {
  title: string;
  rows: Record<string, string | number>[];
  /** What one must know to read it. */
  notes?: string[];
}

/** What the figures were taken on, and what else it had to do. */
export function machine(): string {
  const load = loadavg().map((value) => value.toFixed(1));
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, load ${load.join(' ')}`;
}

export type Bench = (options: BenchOptions) => Promise<Section[]>;

/** The rows under their names, numbers to the right. */
export function table(rows: Section['rows']): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isNumber = names.map((name) => typeof rows[0]![name] === 'number');
  return lines
    .map((line) =>
      line
        .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
