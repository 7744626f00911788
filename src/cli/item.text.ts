const DEFAULT_KIND = 'contentType';

export interface Item {
  kind: string;
  typeKey: string;
}

/** "Article", or "displayTemplate Card" for an item of another kind. */
export function nameOf({ kind, typeKey }: Item): string {
  return kind === DEFAULT_KIND ? typeKey : `${kind} ${typeKey}`;
}

export function itemKey({ kind, typeKey }: Item): string {
  return JSON.stringify([kind, typeKey]);
}

/** "1 change", "2 changes". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
