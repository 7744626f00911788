const LONGEST = 100;

/** Foreign text as an error may repeat it: its beginning. */
export function cut(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text.toWellFormed();
}

/** A foreign value as an error may quote it; of lists and objects only what they are. */
export function quoted(value: unknown, longest?: number): string {
  if (typeof value === 'string') return JSON.stringify(cut(value, longest));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : cut(String(value), longest);
}
