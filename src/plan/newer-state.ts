import type { LiveState } from '#live';
import type { ItemRef } from '#platform';

/** What stands at the target in place of what a deployment put there; its rollback would overwrite it. */
export interface NewerState extends ItemRef, Pick<LiveState, 'state' | 'versionHash' | 'syncId'> {
  /** Somebody changed it on the platform itself. */
  drift: boolean;
  /** The deployment that put it there. */
  deploymentId: string | null;
  /** Who asked for that, or changed it on the platform, as far as the platform tells. */
  changedBy: string | null;
  changedAt: Date;
}
