const LONGEST = 10_000;

/** Foreign text as a PostgreSQL text can hold it: no NUL, no lone surrogate, at most `longest` characters. */
export function storableText(text: string, longest?: number): string;
export function storableText(text: string | undefined, longest?: number): string | undefined;
export function storableText(text: string | undefined, longest = LONGEST): string | undefined {
  if (text === undefined) return undefined;
  const storable = text.toWellFormed().replaceAll('\0', '\uFFFD');
  return storable.length > longest ? `${storable.slice(0, longest - 1).toWellFormed()}…` : storable;
}
