import { columnVisibilityFeature, createColumnHelper, tableFeatures } from '@tanstack/react-table';
import type { Sync } from '../api/client.ts';
import { formatDuration, shortHash } from '../shell/format.ts';
import { Moment } from '../shell/moment.tsx';
import { StatusBadge } from '../shell/status-badge.tsx';
import classes from './history-table.module.css';

export const features = tableFeatures({ columnVisibilityFeature });
const column = createColumnHelper<typeof features, Sync>();

/** Widths as CSS grid tracks: together they fill the line. */
export const TRACKS: Record<string, string> = {
  status: '124px',
  typeKey: 'minmax(180px, 2fr)',
  direction: '76px',
  place: 'minmax(130px, 1fr)',
  version: '92px',
  attempts: '84px',
  duration: '92px',
  actor: 'minmax(110px, 1fr)',
  trigger: '116px',
  error: 'minmax(150px, 1.5fr)',
  reason: 'minmax(140px, 1.5fr)',
  started: '116px',
};
export const HIDDEN_AT_FIRST = { reason: false, trigger: false };

export const columns = column.columns([
  column.accessor('status', {
    id: 'status',
    header: 'Status',
    cell: (cell) => <StatusBadge status={cell.getValue()} />,
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
    cell: (cell) => (cell.getValue() === 'PUSH' ? 'Push' : 'Pull'),
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
  column.accessor('actor', { id: 'actor', header: 'Who', cell: (cell) => cell.getValue() }),
  column.accessor('trigger', { id: 'trigger', header: 'How', cell: (cell) => cell.getValue().toLowerCase() }),
  column.accessor('errorCode', {
    id: 'error',
    header: 'Error',
    cell: ({ row: { original: sync } }) => <span title={sync.errorMessage ?? undefined}>{sync.errorCode ?? ''}</span>,
  }),
  column.accessor('reason', { id: 'reason', header: 'Why', cell: (cell) => cell.getValue() ?? '' }),
  column.accessor('startedAt', { id: 'started', header: 'Started', cell: (cell) => <Moment of={cell.getValue()} /> }),
]);
