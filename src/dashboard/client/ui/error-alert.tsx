import { Alert, Button, Code, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { errorTextOf } from '../api/problem.ts';

interface Props {
  error: unknown;
  onRetry?: () => void;
  /** The request was to change something: without an answer, nobody knows whether it did. */
  isChange?: boolean;
  /** More about it, and the way out. */
  children?: ReactNode;
}

/** A request that failed: what, why, and what to do. */
export function ErrorAlert({ error, onRetry, isChange = false, children }: Props) {
  const { title, detail, code } = errorTextOf(error, isChange);
  return (
    <Alert color="red" variant="light" title={title} role="alert" my="md">
      <Text size="sm" className="breakable">
        {detail}
      </Text>
      {children}
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
