/** A name as one segment of a JSON Pointer (RFC 6901), without its slash. */
export function pointerSegment(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

/** The names that a JSON Pointer (RFC 6901) goes through; none for the whole document. */
export function pointerNames(pointer: string): string[] {
  const segments = pointer.split('/').slice(1);
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
