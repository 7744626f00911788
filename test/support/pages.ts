interface Page<Item> {
  items: Item[];
  next: string | null;
  prev: string | null;
}

/** All items of a list, read page by page to its end; expects to read the same pages on the way back. */
export async function readBothWays<Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<Item[]> {
  const pages = [await read()];
  expect(pages[0]!.prev).toBeNull();
  while (pages.at(-1)!.next !== null) pages.push(await read(pages.at(-1)!.next!));
  let back = pages.at(-1)!;
  for (const page of pages.slice(0, -1).toReversed()) {
    back = await read(back.prev!);
    expect(back.items).toEqual(page.items);
    expect(back.next).not.toBeNull();
  }
  expect(back.prev).toBeNull();
  return pages.flatMap(({ items }) => items);
}
