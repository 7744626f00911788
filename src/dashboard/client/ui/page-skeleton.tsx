import { Stack } from '@mantine/core';
import { Loading } from './loading.tsx';

/** A page that is not loaded yet. */
export function PageSkeleton() {
  return (
    <Stack gap="md">
      <Loading height={440} />
    </Stack>
  );
}
