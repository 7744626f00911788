import { useSyncExternalStore } from 'react';
import { formatAgo, formatMoment } from './format.ts';

const EVERY_MS = 10_000;
const listeners = new Set<() => void>();
let now = Date.now();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, EVERY_MS);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A moment as the time since; in full, with its zone, on hover and for screen readers. */
export function Timestamp({ of }: { of: string }) {
  useSyncExternalStore(subscribe, () => now);
  const full = formatMoment(of);
  return (
    <time dateTime={of} title={full}>
      {formatAgo(of)}
    </time>
  );
}
