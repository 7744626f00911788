import { Tooltip } from '@mantine/core';
import type { Connection } from '../live/live-events.ts';
import { useConnection } from '../live/use-live.ts';
import classes from './connection-sign.module.css';

const WORDS: Record<Connection, { label: string; meaning: string }> = {
  connecting: { label: 'Connecting', meaning: 'Live updates are about to begin' },
  live: { label: 'Live', meaning: 'What happens is shown as it happens' },
  polling: { label: 'Every 2 s', meaning: 'There is no stream to be had: the service is asked every 2 seconds' },
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
