import { styleText } from 'node:util';
import type { RecordedCall } from './recorded-calls.ts';
import type { Deployment, FailedAttempt, Sync } from './service-api.ts';
import { countedKinds, countedStatuses, fitted, padded, statusText } from './terminal-text.ts';

const WIDTHS = {
  TIME: 8,
  'CALL / TYPE (KIND)': 52,
  STATUS: 9,
  ATTEMPTS: 8,
  VERSION: 7,
  'CODE / FINDING': 17,
  ACTOR: 7,
};

const INDENT = ' '.repeat(WIDTHS.TIME + 2);
/** So many syncs that ended alike are named one by one; more are counted. */
const MAX_NAMED = 3;
const ID_DIGITS = 8;

/** The history as an administrator reads it: each call, and under it what became of its content types. */
export function historyTable(calls: RecordedCall[]): string {
  const syncs = calls.flatMap((call) => call.syncs);
  const names = Object.entries(WIDTHS).map(([name, width]) => name.padEnd(width));
  const heading = names.join('  ');
  return [
    `${styleText('bold', 'The history of this run')}  ${syncs.length} syncs: ${countedStatuses(syncs)}`,
    `${' '.repeat(23)}  ${calls.length} calls: ${countedStatuses(calls)}`,
    '',
    styleText('bold', heading),
    styleText('dim', '─'.repeat(heading.length)),
    ...calls.flatMap(callLines),
  ].join('\n');
}

function callLines(call: RecordedCall): string[] {
  const first = call.syncs[0]!;
  const alike = Map.groupBy(call.items, (sync) => `${sync.status} ${sync.errorCode} ${finding(sync, call)}`);
  return [
    row({
      TIME: new Date(first.startedAt).toTimeString().slice(0, 8),
      'CALL / TYPE (KIND)': `${first.direction}  ${styleText('bold', titleOf(call, first))}`,
      STATUS: statusText(call.status),
      ATTEMPTS: String(first.retryCount + 1),
      ACTOR: first.actor,
    }),
    ...(first.reason ? [INDENT + styleText('italic', `“${first.reason}”`)] : []),
    ...call.failedAttempts.map(attemptLine),
    ...[...alike.values()].flatMap((syncs) =>
      syncs.length > MAX_NAMED
        ? [itemLine(countedKinds(syncs), syncs[0]!, call)]
        : syncs.map((sync) => itemLine(`${sync.typeKey} (${sync.kind})`, sync, call, shortHash(sync))),
    ),
  ];
}

function titleOf({ deployment }: RecordedCall, { forced }: Sync): string {
  if (!deployment) return 'Everything';
  const title = deploymentTitle(deployment);
  return forced ? `${title}, forced` : title;
}

function deploymentTitle({ id, rollbackOf, promotedFrom, environment }: Deployment): string {
  if (rollbackOf) return `Rollback ${shortId(id)} of ${shortId(rollbackOf)}`;
  if (promotedFrom) return `Promotion ${shortId(id)} of ${promotedFrom} to ${environment}`;
  return `Deployment ${shortId(id)}`;
}

function attemptLine({ attempt, statusCode, errorCode, waitMs }: FailedAttempt): string {
  const next = waitMs === undefined ? 'given up' : `next after ${(waitMs / 1_000).toFixed(1)} s`;
  return `${INDENT}  ${styleText('yellow', `attempt ${attempt}: ${statusCode ?? 'no answer'} ${errorCode}, ${next}`)}`;
}

function itemLine(name: string, sync: Sync, call: RecordedCall, version?: string): string {
  return row({
    'CALL / TYPE (KIND)': `  ${name}`,
    STATUS: statusText(sync.status),
    VERSION: version,
    'CODE / FINDING': sync.errorCode ?? finding(sync, call),
  });
}

/** What a pull found, where it is not what we left there; and of a push, that only a look at the CMS told its effect. */
function finding({ id, direction, evidence }: Sync, { states }: RecordedCall): string | undefined {
  if (direction === 'PUSH') return evidence === 'OBSERVED' ? 'read back' : undefined;
  const state = states.get(id);
  return state === 'same' ? undefined : state;
}

/** The end of a UUIDv7: its beginning is the time, much the same for all. */
const shortId = (id: string) => `…${id.slice(-ID_DIGITS)}`;

const shortHash = ({ versionHash }: Sync) => versionHash?.slice(0, WIDTHS.VERSION);

function row(cells: Partial<Record<keyof typeof WIDTHS, string>>): string {
  const byName: Record<string, string | undefined> = cells;
  const texts = Object.entries(WIDTHS).map(([name, width]) => padded(fitted(byName[name] ?? '', width), width));
  return texts.join('  ').trimEnd();
}
