import type { ReactNode } from 'react';
import type { Asked } from './asked.ts';
import { NotLoaded } from './not-loaded.tsx';

interface Props<Data> {
  of: Asked<Data>;
  /** What is shown until there is an answer. */
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}

/**
 * An answer of the service, or that it is on its way, or why it cannot be had. Only an answer can be empty; an old one stays
 * beside the error of a newer request.
 */
export function Loaded<Data>({ of, loading, children }: Props<Data>) {
  if (of.data === undefined) return <NotLoaded of={of} loading={loading} />;
  return (
    <>
      <NotLoaded of={of} loading={null} />
      {children(of.data)}
    </>
  );
}
