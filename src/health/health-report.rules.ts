import { listAddress } from '#live';
import type { ReportInputs } from './health-report.inputs.ts';
import type { Evidence, Judgement } from './health.ts';

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

/** Null where nothing was found. */
const syncsOf = (found: Evidence | null) => (found && found.count > 0 ? found.syncIds : null);

const typesOf = ({ patterns }: ReportInputs, shape: string) =>
  [...new Set(patterns.filter((pattern) => pattern.shape === shape).flatMap(({ typeKeys }) => typeKeys))].join(', ');

const some = <T>(list: T[], ids: (item: T) => string | string[]) => (list.length > 0 ? list.flatMap(ids) : null);

/** Every recommendation there is. */
const RULES: Rule[] = [
  {
    rule: 'outage',
    evidence: ofShape('outage'),
    action: ({ platform, environment }) =>
      `Check that ${platform} (${environment}) works again. Then replay the failed syncs of this interval: POST /api/v1/sync/replay.`,
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
    action: () =>
      'Send fewer requests at a time: lower the concurrency of the platform, or spread deployments over time.',
  },
  {
    rule: 'fix-type',
    evidence: ofShape('always-failing'),
    action: (inputs) =>
      `Correct the definitions of ${typesOf(inputs, 'always-failing')}. They always fail, while other content types succeed.`,
  },
  {
    rule: 'decide-data-loss',
    evidence: ofShape('data-loss'),
    action: (inputs) =>
      `Decide on the changes of ${typesOf(inputs, 'data-loss')} that lose data: revert them, or deploy with force and a reason.`,
  },
  {
    rule: 'raise-timeout',
    evidence: ofShape('timeouts', 'slowness'),
    action: ({ platform }) =>
      `Ask the operator of ${platform} why it became slow, before more calls reach their time limit.`,
  },
  {
    rule: 'watch-retries',
    evidence: ofShape('retry-decay', 'flapping'),
    action: () => 'Check the failed attempts: the platform becomes unreliable, and only retries hide it.',
  },
  {
    rule: 'pull-in-doubt',
    evidence: ({ health }) => syncsOf(health.unknown),
    action: (inputs) =>
      `Pull to find out what stands at the target for ${inputs.health.unknown!.count} items of unknown state: ` +
      `POST /api/v1/platforms/${inputs.platform}/pull. GET ${listAddress(inputs, 'unknown')} lists them.`,
  },
  {
    rule: 'settle-differences',
    evidence: ({ health }) => syncsOf(health.drift),
    action: (inputs) =>
      `Decide on ${inputs.health.drift!.count} items that differ from what was last sent to the target: import them, or deploy ` +
      `the latest versions again. GET ${listAddress(inputs, 'drift')} lists them.`,
  },
  {
    rule: 'meet-expectations',
    evidence: ({ health: { unmet } }) => some(unmet.items, ({ syncId }) => syncId ?? []),
    action: ({ platform, environment, health: { unmet } }) =>
      `Find out why ${unmet.count} expectations of ${platform} (${environment}) are not met, such as ` +
      `"${unmet.items[0]!.name}": the jobs that run the syncs may have stopped. GET /api/v1/expectations lists them.`,
  },
  {
    rule: 'resume-syncs',
    evidence: ({ health: { unmet } }, { health }) => (health === 'STALE' && unmet.count === 0 ? [] : null),
    action: ({ health }) =>
      `Find out why there was no sync since ${health.lastSyncAt}: the job that runs it may have stopped.`,
  },
  {
    rule: 'find-cause',
    evidence: ({ commonErrors }) =>
      some(
        commonErrors.filter(({ state }) => state === 'new'),
        ({ evidence }) => evidence,
      ),
    action: ({ commonErrors }) =>
      `Check the new errors: ${commonErrors
        .filter(({ state }) => state === 'new')
        .map(({ errorCode, count }) => `${errorCode} (${count})`)
        .join(', ')}. GET /api/v1/sync/analytics/failures lists the changes before them.`,
  },
];

export function recommend(inputs: ReportInputs, judgement: Judgement): Recommendation[] {
  return RULES.flatMap(({ rule, evidence, action }) => {
    const shown = evidence(inputs, judgement);
    return shown ? [{ rule, action: action(inputs), evidence: [...new Set(shown)].slice(0, 10) }] : [];
  });
}
