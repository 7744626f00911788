/** Labels as they are typed, one `name=value` a line; a text that says what is wrong with a line. */
export function labelsOf(text: string): Record<string, string> | string {
  const labels: Record<string, string> = {};
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const at = line.indexOf('=');
    if (at < 1 || at === line.length - 1) return `“${line}” must be a name and a value with “=” between them.`;
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return labels;
}
