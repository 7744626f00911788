import { Skeleton, Text } from '@mantine/core';
import { useEffect, useState } from 'react';

const SLOW_MS = 5_000;

/** A place that is not filled yet; after a while it says what it waits for. */
export function Loading({ height }: { height: number }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading">
      {isSlow && (
        <Text size="sm" mb="xs">
          The service has not answered yet.
        </Text>
      )}
      <Skeleton height={height} />
    </div>
  );
}
