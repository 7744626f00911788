import { columnVisibilityFeature, createColumnHelper, tableFeatures } from '@tanstack/react-table';
import type { Sync } from '../api/client.ts';
import { directionName, formatDuration, shortHash } from '../ui/format.ts';
import { OutcomeBadge } from '../badges/outcome-badge.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { StatusBadge } from '../badges/status-badge.tsx';
import classes from './history-table.module.css';

export const features = tableFeatures({ columnVisibilityFeature });
const column = createColumnHelper<typeof features, Sync>();

/** Least widths in pixels; who grows takes its share of what is left of the line. */
export const WIDTHS: Record<string, { least: number; grows?: number }> = {
  status: { least: 100 },
  outcome: { least: 104 },
  started: { least: 96 },
  typeKey: { least: 170, grows: 2 },
  direction: { least: 72 },
  place: { least: 130, grows: 1 },
  version: { least: 80 },
  attempts: { least: 84 },
  duration: { least: 84 },
  actor: { least: 90, grows: 1 },
  trigger: { least: 116 },
  error: { least: 130, grows: 1.5 },
  reason: { least: 140, grows: 1.5 },
};
export const HIDDEN_AT_FIRST = { reason: false, trigger: false };

export const columns = column.columns([
  column.accessor('status', {
    id: 'status',
    header: 'Status',
    cell: (cell) => <StatusBadge status={cell.getValue()} />,
  }),
  column.accessor('outcome', {
    id: 'outcome',
    header: 'Outcome',
    cell: ({ row: { original: sync } }) => <OutcomeBadge sync={sync} />,
  }),
  column.accessor('startedAt', {
    id: 'started',
    header: 'Started',
    cell: (cell) => <Timestamp of={cell.getValue()} />,
  }),
  column.accessor('typeKey', {
    id: 'typeKey',
    header: 'Content type',
    cell: ({ row: { original: sync } }) => (
      <a href={`/syncs/${sync.id}`} className={classes.name}>
        {sync.typeKey === '*' ? 'Everything' : sync.typeKey}
        {sync.kind !== 'contentType' && <span className={classes.kind}>{sync.kind}</span>}
      </a>
    ),
  }),
  column.accessor('direction', {
    id: 'direction',
    header: 'Direction',
    cell: ({ row: { original: sync } }) => directionName(sync),
  }),
  column.display({
    id: 'place',
    header: 'Platform',
    cell: ({ row: { original: sync } }) => (
      <>
        {sync.platform} <span className={classes.quiet}>{sync.environment}</span>
      </>
    ),
  }),
  column.accessor('versionHash', {
    id: 'version',
    header: 'Version',
    cell: (cell) => <code className={classes.hash}>{cell.getValue() ? shortHash(cell.getValue()!) : '–'}</code>,
  }),
  column.accessor((sync) => sync.retryCount + 1, {
    id: 'attempts',
    header: 'Attempts',
    cell: (cell) => cell.getValue(),
  }),
  column.accessor('durationMs', {
    id: 'duration',
    header: 'Duration',
    cell: (cell) => formatDuration(cell.getValue()),
  }),
  column.accessor('actor', { id: 'actor', header: 'Actor', cell: (cell) => cell.getValue() }),
  column.accessor('trigger', { id: 'trigger', header: 'How', cell: (cell) => cell.getValue().toLowerCase() }),
  column.accessor('errorCode', {
    id: 'error',
    header: 'Error',
    cell: ({ row: { original: sync } }) => <span title={sync.errorMessage ?? undefined}>{sync.errorCode ?? ''}</span>,
  }),
  column.accessor('reason', { id: 'reason', header: 'Reason', cell: (cell) => cell.getValue() ?? '' }),
]);
