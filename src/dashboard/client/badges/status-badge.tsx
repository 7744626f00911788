import type { Schemas } from '../api/client.ts';
import classes from './status-badge.module.css';

export type Status = Schemas['DeploymentDto']['status'] | Schemas['DeploymentItemDto']['status'];

const CROSSED = 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1M4.3 10.2l5.9-5.9 1.5 1.5-5.9 5.9z';

const LOOKS: Record<Status, { label: string; shape: string }> = {
  SUCCESS: {
    label: 'Success',
    shape:
      'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m3.4 5.3-4 4.3a.9.9 0 0 1-1.3 0L4.4 8.8a.9.9 0 0 1 1.3-1.3l1 1.1 3.4-3.6a.9.9 0 0 1 1.3 1.3',
  },
  FAILED: {
    label: 'Failed',
    shape:
      'M5 1h6l4 4v6l-4 4H5l-4-4V5zm.4 3.9L8 6.9l2.6-2 .9.900L9.2 8l2.3 2.2-.9.900L8 9.2l-2.6 1.9-.9-.9L6.8 8 4.5 5.8z',
  },
  PARTIAL: { label: 'Partial', shape: 'M8 1 .5 14.5h15zm-.9 5h1.8v4.5H7.1zm0 5.5h1.8v1.7H7.1z' },
  IN_PROGRESS: {
    label: 'In progress',
    shape: 'M8 1a7 7 0 0 1 7 7h-2.2A4.8 4.8 0 0 0 8 3.2zM1 8h2.2A4.8 4.8 0 0 0 8 12.8V15a7 7 0 0 1-7-7',
  },
  QUEUED: { label: 'Queued', shape: 'M2 3h12v2.2H2zm0 4h12v2.2H2zm0 4h12v2.2H2z' },
  CANCELLED: { label: 'Cancelled', shape: CROSSED },
  NOT_SENT: { label: 'Not sent', shape: CROSSED },
  UNCHANGED: { label: 'Unchanged', shape: 'M2 4h12v3H2zm0 5h12v3H2z' },
};

/** What came of something: by shape, word and colour. */
export function StatusBadge({ status, iconOnly = false }: { status: Status; iconOnly?: boolean }) {
  const { label, shape } = LOOKS[status];
  return (
    <span className={classes.badge} data-status={status}>
      <svg
        viewBox="0 0 16 16"
        width="14"
        height="14"
        role="img"
        aria-label={iconOnly ? label : undefined}
        aria-hidden={!iconOnly}
      >
        <path d={shape} fill="currentColor" fillRule="evenodd" />
      </svg>
      {!iconOnly && label}
    </span>
  );
}
