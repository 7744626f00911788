import type { ReportInputs } from './health-report.inputs.ts';
import type { Judgement } from './health.ts';

/** What to do, by which rule, and on which evidence. */
export interface Recommendation {
  /** Stable name of the rule. */
  rule: string;
  action: string;
  /** Ids of syncs, at most 10. */
  evidence: string[];
}

interface Rule {
  rule: string;
  /** What shows that it applies; null when it does not. */
  evidence: (inputs: ReportInputs, judgement: Judgement) => string[] | null;
  action: (inputs: ReportInputs) => string;
}

/** The syncs of the patterns of some shapes. */
const ofShape =
  (...shapes: string[]): Rule['evidence'] =>
  ({ patterns }) => {
    const meant = patterns.filter(({ shape }) => shapes.includes(shape));
    return meant.length > 0 ? meant.flatMap(({ evidence }) => evidence) : null;
  };

const typesOf = ({ patterns }: ReportInputs, shape: string) =>
  [...new Set(patterns.filter((pattern) => pattern.shape === shape).flatMap(({ typeKeys }) => typeKeys))].join(', ');

const some = <T>(list: T[], ids: (item: T) => string[]) => (list.length > 0 ? list.flatMap(ids) : null);

/** Every recommendation there is. */
const RULES: Rule[] = [
  {
    rule: 'outage',
    evidence: ofShape('outage'),
    action: ({ platform, environment }) =>
      `See whether ${platform} (${environment}) is up, then replay what failed: POST /api/v1/sync/replay with this window.`,
  },
  {
    rule: 'renew-credentials',
    evidence: ofShape('authentication'),
    action: ({ platform, environment }) =>
      `Renew the credentials of ${platform} (${environment}) and restart the service.`,
  },
  {
    rule: 'slow-down',
    evidence: ofShape('rate-limiting'),
    action: () => 'Send less at a time: lower the concurrency of the platform, or spread deployments over time.',
  },
  {
    rule: 'fix-type',
    evidence: ofShape('always-failing'),
    action: (inputs) =>
      `Correct the definitions of ${typesOf(inputs, 'always-failing')}: they never succeed while others do.`,
  },
  {
    rule: 'decide-data-loss',
    evidence: ofShape('data-loss'),
    action: (inputs) =>
      `Decide on the changes of ${typesOf(inputs, 'data-loss')} that lose data: take them back, or deploy with force and a reason.`,
  },
  {
    rule: 'raise-timeout',
    evidence: ofShape('timeouts', 'slowness'),
    action: ({ platform }) => `Ask who runs ${platform} why it became slow, before calls run into their time limit.`,
  },
  {
    rule: 'watch-retries',
    evidence: ofShape('retry-decay', 'flapping'),
    action: () => 'Look at the failed attempts: retries hide that the platform becomes unreliable.',
  },
  {
    rule: 'pull-in-doubt',
    evidence: ({ health }) => (health.inDoubt.count > 0 ? health.inDoubt.syncIds : null),
    action: ({ platform, health }) =>
      `Pull to see whether ${health.inDoubt.count} interrupted pushes were applied: POST /api/v1/platforms/${platform}/pull.`,
  },
  {
    rule: 'settle-differences',
    evidence: ({ health }) => (health.differences.count > 0 ? health.differences.syncIds : null),
    action: ({ health }) =>
      `Decide on ${health.differences.count} content types that were changed on the platform: import them, or deploy ours again.`,
  },
  {
    rule: 'resume-syncs',
    evidence: (_inputs, { health }) => (health === 'STALE' ? [] : null),
    action: ({ health }) =>
      `See why nothing was synchronised since ${health.lastSyncAt}: the job that did it may have stopped.`,
  },
  {
    rule: 'find-cause',
    evidence: ({ commonErrors }) =>
      some(
        commonErrors.filter(({ state }) => state === 'new'),
        ({ evidence }) => evidence,
      ),
    action: ({ commonErrors }) =>
      `Look at what is new: ${commonErrors
        .filter(({ state }) => state === 'new')
        .map(({ errorCode, count }) => `${errorCode} (${count})`)
        .join(', ')}; GET /api/v1/sync/analytics/failures names what changed before.`,
  },
];

export function recommend(inputs: ReportInputs, judgement: Judgement): Recommendation[] {
  return RULES.flatMap(({ rule, evidence, action }) => {
    const shown = evidence(inputs, judgement);
    return shown ? [{ rule, action: action(inputs), evidence: [...new Set(shown)].slice(0, 10) }] : [];
  });
}
