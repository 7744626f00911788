import type { Json, JsonComparison } from '#snapshot';

/** A comparison as a person reads it: a line a change, `+` added, `-` removed, `~` modified, in order of path. */
export function asText({ added, modified, removed, unchanged }: JsonComparison): string {
  const lines = [
    ...added.map(({ path, value }) => ({ path, line: `+ ${name(path)}: ${show(value)}` })),
    ...removed.map(({ path, value }) => ({ path, line: `- ${name(path)}: ${show(value)}` })),
    ...modified.map(({ path, before, after }) => ({
      path,
      line: `~ ${name(path)}: ${show(before)} -> ${show(after)}`,
    })),
  ];
  lines.sort((a, b) => (a.path < b.path ? -1 : 1));
  const summary = `${added.length} added, ${removed.length} removed, ${modified.length} modified, ${unchanged} unchanged`;
  return [...lines.map(({ line }) => line), summary, ''].join('\n');
}

const name = (path: string) => path || '(everything)';

const show = (value: Json) => JSON.stringify(value);
