import { readFileSync } from 'node:fs';

/** A line of a table of docs/limits.md. */
export interface LimitRow {
  name: string;
  /** The numbers of its value in bytes, milliseconds or pieces, in their order. */
  numbers: number[];
  /** Of its answer, where it has one. */
  refusal?: { status: number; codes: string[] };
}

const FACTORS: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024, s: 1_000 };
const ROW = /^\| (?!limit |-)(?<name>.+?) +\| (?<value>.+?) +\| (?<answer>.+?) +\|$/gm;
const NUMBER = /\b(?<digits>\d[\d,]*)(?: (?<unit>KiB|MiB|s)\b)?/g;

/** Every limit that the page names. */
export function documentedLimits(): LimitRow[] {
  const page = readFileSync('docs/limits.md', 'utf8');
  return [...page.matchAll(ROW)].map(({ groups }) => {
    const { name, value, answer } = groups as { name: string; value: string; answer: string };
    const numbers = [...value.matchAll(NUMBER)].map(({ groups: found }) => {
      const { digits, unit } = found as { digits: string; unit?: string };
      return Number(digits.replaceAll(',', '')) * (FACTORS[unit ?? ''] ?? 1);
    });
    const status = Number(/\((\d{3})\)/.exec(answer)?.[1]);
    const codes = [...answer.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code!);
    return { name, numbers, ...(status && { refusal: { status, codes } }) };
  });
}
