import type { Schemas } from '#client';
import { EXIT, type ExitCode, STALE } from './cli.errors.ts';
import { nameOf } from './item.text.ts';
import type { Target } from './options.ts';
import { printLine } from './output.ts';

/** Items that are listed with their errors. */
const MAX_LISTED = 200;

export type Deployment = Schemas['DeploymentDto'];
export type DeploymentDetail = Schemas['DeploymentDetailDto'];
type DeployedItem = Schemas['DeploymentItemDto'];

const EXIT_CODES: Record<Deployment['status'], ExitCode> = {
  SUCCESS: EXIT.done,
  FAILED: EXIT.failed,
  PARTIAL: EXIT.partial,
  CANCELLED: EXIT.failed,
  IN_PROGRESS: EXIT.done,
  QUEUED: EXIT.done,
};

/** A success after which the target holds something else, and a target that moved before anything was sent, are drift. */
export function exitCodeOf({ status, errorCode, items }: DeploymentDetail): ExitCode {
  if (status === 'FAILED' && errorCode === STALE) return EXIT.drift;
  return status === 'SUCCESS' && items.some(isDiverged) ? EXIT.drift : EXIT_CODES[status];
}

export function deploymentPath(id: string): string {
  return `/deployments/${encodeURIComponent(id)}`;
}

export function targetName({ platform, environment }: Target): string {
  return `${platform}/${environment}`;
}

/** What a deployment is: "Deployment … to shop/production". */
export function titleOf(deployment: Deployment): string {
  const { rollbackOf, promotedFrom, number } = deployment;
  const what = rollbackOf !== null ? `Rollback of ${rollbackOf},` : promotedFrom !== null ? 'Promotion' : 'Deployment';
  const from = promotedFrom === null ? '' : ` from ${promotedFrom}`;
  return `${what} ${number}${from} to ${targetName(deployment)}`;
}

/** Prints the status, and each item that did not succeed or does not stand at the target. */
export function printDeployment(deployment: DeploymentDetail): void {
  const { status, progress, actor, reason, createdAt, completedAt, planId, place, frozenUntil, items } = deployment;
  const unchanged = items.filter((item) => item.status === 'UNCHANGED').length;
  const left = unchanged > 0 ? `, ${unchanged} unchanged` : '';
  const result = `${progress.succeeded} of ${progress.total - unchanged} items succeeded${left}`;
  printLine(`${status}  ${titleOf(deployment)}: ${result}`);
  const end = completedAt === null ? '' : `, ended at ${completedAt}`;
  printLine(`  by ${actor} at ${createdAt}${end}${reason === null ? '' : `: ${reason}`}`);
  if (planId !== null) printLine(`  plan ${planId}`);
  const labels = Object.entries(deployment.labels).map(([name, value]) => `${name}=${value}`);
  if (labels.length > 0) printLine(`  labels ${labels.toSorted().join(', ')}`);
  const counts = [...tally(items.map(({ action }) => action)), ...tally(items.map(({ verification }) => verification))];
  if (counts.length > 0) printLine(`  ${counts.join(', ')}`);
  if (place !== null) printLine(`  waits behind ${place} of the same target`);
  if (frozenUntil !== null) printLine(`  waits for the end of a freeze, until ${frozenUntil}`);
  if (deployment.cancelledBy !== null)
    printLine(`  cancelled by ${deployment.cancelledBy}: ${deployment.cancelReason}`);
  if (deployment.errorCode !== null) printLine(`  ${deployment.errorCode}: ${deployment.errorMessage ?? ''}`);
  printUnsuccessful(deployment);
  for (const rollback of deployment.rolledBackBy) {
    printLine(`  rolled back by ${rollback.id} of ${rollback.actor}: ${rollback.status}`);
  }
}

/** "1 CREATE", "2 VERIFIED". */
function tally(words: (string | null)[]): string[] {
  const counts = Map.groupBy(words, (word) => word);
  return [...counts].flatMap(([word, all]) => (word === null ? [] : [`${all.length} ${word}`])).toSorted();
}

function printUnsuccessful({ items, errorCode }: DeploymentDetail): void {
  const lines = items.flatMap((item) => itemLine(item, errorCode) ?? []);
  for (const line of lines.slice(0, MAX_LISTED)) printLine(`  ${line}`);
  if (lines.length > MAX_LISTED) printLine(`  and ${lines.length - MAX_LISTED} more`);
}

function itemLine(item: DeployedItem, wholeError: string | null): string | undefined {
  const { status, errorCode, errorMessage, verification } = item;
  if (status === 'FAILED' || status === 'PARTIAL' || (status === 'NOT_SENT' && errorCode !== null)) {
    // The error of the whole deployment is printed already.
    const message = errorMessage === null || errorCode === wholeError ? '' : `: ${errorMessage}`;
    return `${status}  ${nameOf(item)}: ${errorCode ?? 'no error code'}${message}`;
  }
  if (isDiverged(item)) return `DIVERGED  ${nameOf(item)}: sent ${version(item.versionHash)}, ${heldText(item)}`;
  return verification === 'UNVERIFIABLE' ? `UNVERIFIABLE  ${nameOf(item)}: the target could not be read` : undefined;
}

function isDiverged({ verification }: DeployedItem): boolean {
  return verification === 'DIVERGED';
}

function heldText({ heldHash }: DeployedItem): string {
  return heldHash === null ? 'but the target does not have it' : `but the target holds ${version(heldHash)}`;
}

function version(hash: string | null): string {
  return hash === null ? 'its removal' : `version ${hash.slice(0, 12)}`;
}
