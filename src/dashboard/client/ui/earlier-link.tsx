import type { ReactNode } from 'react';

/** What answers the question before, while the new answer is on its way: to be seen, not to be used. */
export function EarlierLink({ isEarlier, children }: { isEarlier: boolean; children: ReactNode }) {
  return (
    <div inert={isEarlier} aria-busy={isEarlier} style={{ opacity: isEarlier ? 0.5 : undefined }}>
      {children}
    </div>
  );
}
