import type { ReactNode } from 'react';
import type { Asked } from './asked.ts';
import { ErrorAlert } from './error-alert.tsx';
import { Loading } from './loading.tsx';

interface Props {
  of: Omit<Asked<unknown>, 'data'>;
  loading?: ReactNode;
}

/** Why there is no answer, as soon as an attempt has failed; before that, that it is on its way. */
export function NotLoaded({ of: { error, failureReason, refetch }, loading = <Loading height={120} /> }: Props) {
  const reason = error ?? failureReason;
  return reason ? <ErrorAlert error={reason} onRetry={() => void refetch()} /> : loading;
}
