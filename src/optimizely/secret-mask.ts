/** Shorter secrets are not masked: they would garble ordinary words. */
const MIN_LENGTH = 6;

/** Replaces every occurrence of the secrets, also in their JSON and URL spelling, by `***`. */
export function secretMask(secrets: string[]): (text: string) => string {
  const spellings = new Set(
    secrets.flatMap((secret) =>
      secret.length < MIN_LENGTH ? [] : [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)],
    ),
  );
  return (text) => [...spellings].reduce((masked, spelling) => masked.replaceAll(spelling, '***'), text);
}
