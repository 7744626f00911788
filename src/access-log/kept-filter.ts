import type { Redaction } from '#redaction';
import { storableJson, storableText } from '../storable-text.ts';

/** Characters of the JSON of a filter. */
const MAX_FILTER = 4_000;
/** Characters of one value, where a filter is too long. */
const MAX_VALUE = 200;
/** Members that are kept of it. */
const MAX_MEMBERS = 12;

/** What was asked for, as the log keeps it: without secrets, and bounded. Undefined for a question without a condition. */
export function keptFilter(filter: object | undefined, redaction: Redaction): object | undefined {
  if (!filter || Object.keys(filter).length === 0) return undefined;
  // A query has no prototype, and times are to be texts.
  const plain = storableJson(JSON.parse(JSON.stringify(filter)) as object);
  const { value } = redaction.json(plain);
  if (JSON.stringify(value).length <= MAX_FILTER) return value;
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, MAX_MEMBERS)
    .map(([name, member]): [string, string] => [
      storableText(name, MAX_VALUE / 2),
      storableText(JSON.stringify(member), MAX_VALUE),
    ]);
  return { ...Object.fromEntries(kept), '…': `cut; it had ${entries.length} members` };
}
