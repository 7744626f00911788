import { Skeleton, Stack } from '@mantine/core';

export function PageSkeleton() {
  return (
    <Stack gap="md" role="status" aria-label="Loading">
      <Skeleton height={32} width={280} />
      <Skeleton height={120} />
      <Skeleton height={320} />
    </Stack>
  );
}
