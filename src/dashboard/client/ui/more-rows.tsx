import { Button, Center } from '@mantine/core';

interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Asks for the next page of a list, while there is one. */
export function MoreRows({ list: { hasNextPage, isFetchingNextPage, fetchNextPage } }: { list: Paged }) {
  if (!hasNextPage) return null;
  return (
    <Center mt="md">
      <Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        Show more
      </Button>
    </Center>
  );
}
