import { Text } from '@mantine/core';
import { formatCount, formatDuration, formatPercent } from '../ui/format.ts';
import { LiveCounts } from './live-counts.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import classes from './health-tile.module.css';
import type { TargetHealth } from './target.ts';

const SIGNS: Record<TargetHealth['health'], string> = {
  HEALTHY: '●',
  DEGRADED: '▲',
  FAILING: '■',
  STALE: '◷',
  UNKNOWN: '?',
};

interface Props {
  place: TargetHealth;
  isChosen: boolean;
  onChoose: () => void;
}

/** One environment of a platform, and what is not as it was put there; choosing it narrows the rest of the page to it. */
export function HealthTile({ place, isChosen, onChoose }: Props) {
  const { platform, environment, health, cause, since, numbers, lastSyncAt } = place;
  return (
    <div className={classes.tile} data-health={health}>
      <button type="button" className={classes.choice} aria-pressed={isChosen} onClick={onChoose}>
        <span className={classes.place}>
          {platform} <span className={classes.quiet}>{environment}</span>
        </span>
        <span className={classes.health}>
          <span aria-hidden>{SIGNS[health]}</span> {health.charAt(0) + health.slice(1).toLowerCase()}
        </span>
        <span className={classes.cause}>{cause}</span>
        <span className={classes.numbers}>
          <Figure name="Succeeded" value={formatPercent(numbers.successRate)} />
          <Figure name="Syncs" value={formatCount(numbers.counts.total)} />
          <Figure name="95th percentile" value={formatDuration(numbers.duration.p95)} />
        </span>
        <Text size="xs" c="dimmed" component="span">
          {lastSyncAt && (
            <>
              Last sync <Timestamp of={lastSyncAt} />
            </>
          )}
          {since && (
            <>
              , in this condition since <Timestamp of={since} />
            </>
          )}
        </Text>
      </button>
      <LiveCounts of={place} />
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <span>
      <strong>{value}</strong> <span className={classes.quiet}>{name}</span>
    </span>
  );
}
