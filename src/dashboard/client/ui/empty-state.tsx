import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** What is shown where there is nothing, and what to do about it. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={4} py={64} px="md" ta="center">
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" maw={440} component="div">
        {children}
      </Text>
    </Stack>
  );
}
