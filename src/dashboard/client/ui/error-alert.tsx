import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { errorTextOf } from '../api/problem.ts';

/** A request that failed: what, why, and what to do. */
export function ErrorAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, code } = errorTextOf(error);
  return (
    <Alert color="red" variant="light" title={title} role="alert" my="md">
      <Text size="sm">{detail}</Text>
      <Group gap="sm" mt="sm">
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {code && <Code>{code}</Code>}
      </Group>
    </Alert>
  );
}
