import { Tooltip } from '@mantine/core';
import type { Connection } from '../live/live-events.ts';
import { useConnection } from '../live/use-live.ts';
import classes from './connection-sign.module.css';

const WORDS: Record<Connection, { label: string; meaning: string }> = {
  connecting: { label: 'Connecting', meaning: 'The page connects to the live updates' },
  live: { label: 'Live', meaning: 'The page shows new events at once' },
  polling: {
    label: 'Every 2 s',
    meaning: 'The live updates are not available, so the page asks the service every 2 seconds',
  },
  offline: { label: 'Offline', meaning: 'The service does not answer; the page connects again by itself' },
};

/** Whether what is shown is what there is. */
export function ConnectionSign() {
  const connection = useConnection();
  const { label, meaning } = WORDS[connection];
  return (
    <Tooltip label={meaning}>
      <span className={classes.sign} data-connection={connection} role="status">
        <span className={classes.dot} aria-hidden />
        {label}
      </span>
    </Tooltip>
  );
}
