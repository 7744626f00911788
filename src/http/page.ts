import { validate as isUuid } from 'uuid';
import { cursorPart, decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import type { PageQuery } from './page.dto.ts';

/** Where a page of a list begins: right after the item with this key, or, read backwards, right before it. */
export interface PageStart {
  direction: 'next' | 'prev';
  key: string;
}

/** How a list is read. */
interface Listed<Item> {
  keyOf: (item: Item) => string;
  /** Whether a key may be one of this list. */
  isKey: (key: string) => boolean;
  /** So many items from a start on, or from the beginning of the list; backwards for `prev`, so that the nearest comes first. */
  find: (start: PageStart | undefined, count: number) => Promise<Item[]>;
}

/** Of a list in the order of its ids, UUIDs. */
export const BY_ID = { keyOf: ({ id }: { id: string }) => id, isKey: isUuid };

export interface Page<Item> {
  items: Item[];
  next: string | null;
  prev: string | null;
}

/** One page of a list. Throws {@link InvalidCursorError}. */
export async function pageOf<Item>(
  { limit, cursor }: PageQuery,
  { keyOf, isKey, find }: Listed<Item>,
): Promise<Page<Item>> {
  const start = cursor === undefined ? undefined : startAt(cursor, isKey);
  return await pageFrom(start, limit, { find, cursorTo: (direction, item) => encodeCursor([direction, keyOf(item)]) });
}

/** One page of a list in any order: `cursorTo` writes the cursor to the page after or before an item. */
export async function pageFrom<Item, Start extends Pick<PageStart, 'direction'>>(
  start: Start | undefined,
  limit: number,
  {
    find,
    cursorTo,
  }: {
    find: (start: Start | undefined, count: number) => Promise<Item[]>;
    cursorTo: (direction: PageStart['direction'], item: Item) => string;
  },
): Promise<Page<Item>> {
  const isBackwards = start?.direction === 'prev';
  const found = await find(start, limit + 1);
  const hasMore = found.length > limit;
  const items = isBackwards ? found.slice(0, limit).toReversed() : found.slice(0, limit);
  const to = (direction: PageStart['direction'], item: Item | undefined, isThere: boolean) =>
    item !== undefined && isThere ? cursorTo(direction, item) : null;
  return {
    items,
    next: to('next', items.at(-1), isBackwards || hasMore),
    prev: to('prev', items[0], isBackwards ? hasMore : start !== undefined),
  };
}

function startAt(cursor: string, isKey: (key: string) => boolean): PageStart {
  const [direction, key] = decodeCursor(cursor);
  if (typeof key !== 'string' || !isKey(key)) throw new InvalidCursorError();
  return { direction: cursorPart.direction(direction), key };
}
