/** A version is named by its number or its hash: at most nine digits are a number. */
export function parseNumberOrHash(name: string): number | string {
  return /^[0-9]{1,9}$/.test(name) ? Number(name) : name;
}
