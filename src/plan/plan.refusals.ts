import { READS_PLATFORM, type RefusalCode } from '#problems';

/** With these codes a plan is not made. */
export const PLAN_REFUSALS: readonly RefusalCode[] = [
  ...(['DUPLICATE_ITEM', 'FORCE_NEEDS_REASON', 'NOT_OF_DEPLOYMENT', 'CONTENT_TYPE_NOT_FOUND'] as const),
  ...(['DEPLOYMENT_NOT_FOUND', 'SNAPSHOT_NOT_FOUND', 'VERSION_NOT_FOUND', 'CANNOT_DELETE'] as const),
  ...(['CATALOGUE_MOVED', 'DEPLOYMENT_RUNNING', 'LIVE_STATE_INCOMPLETE', 'NOTHING_TO_DEPLOY'] as const),
  ...([
    'NOTHING_TO_ROLL_BACK',
    'NOT_DEPLOYABLE',
    'RETIRED',
    'TOO_MANY_PLANS',
    'LIVE_STATE_BEHIND',
    'CIRCLE_TOO_LARGE',
    'CONTENT_REDACTED',
  ] as const),
  ...READS_PLATFORM,
];

/** With these a plan is not deployed. */
export const DEPLOY_REFUSALS: readonly RefusalCode[] = [
  ...(['PLAN_NOT_FOUND', 'PLAN_EXPIRED', 'PLAN_REFUSED', 'PLAN_STALE', 'PLAN_USED', 'APPROVAL_REQUIRED'] as const),
  ...(['FORCE_NEEDED', 'TARGET_FROZEN', 'WOULD_LOSE_NEWER', 'SNAPSHOT_TOO_LARGE'] as const),
];
