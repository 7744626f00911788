import { checkAccessPositions } from '#access-log';
import { FsckDatabase, type Check, type DatabaseLocation, type Finding } from '#database';
import { openEmbeddedPostgres, runningEmbeddedPostgres } from '#embedded-postgres';
import { checkDeployments } from '#deployment';
import { checkPositions } from '#events';
import { checkLiveState } from '#live';
import { checkJournal, checkOwners, checkSyncs } from '#projection';
import { checkSnapshots } from '#snapshot';
import { checkStats } from '#statistics';
import { checkRetirements, checkVersions } from '#versioning';
import { installedModel } from './app.module.ts';

const CHECKS: Check[] = [
  ...[checkJournal, checkOwners, checkSyncs, checkPositions, checkLiveState, checkSnapshots],
  (database) => checkVersions(database, installedModel),
  checkRetirements,
  checkAccessPositions,
];

/** How much was looked at. */
export interface Counts {
  syncs: number;
  events: number;
  snapshots: number;
  versions: number;
  deployments: number;
}

/** Proves the database of a database, or tells each finding as it comes. Beside a running service too: it only reads. */
export async function fsck(url: string, report: (finding: Finding) => void): Promise<Counts> {
  const database = await FsckDatabase.open(url);
  try {
    return await prove(database, report);
  } finally {
    await database.close();
  }
}

export async function prove(database: FsckDatabase, report: (finding: Finding) => void): Promise<Counts> {
  // An application that has embedded the recording alone has neither.
  const has = await database.row<{ deployments: boolean; stats: boolean }>(
    `select to_regclass('deployment') is not null as deployments, to_regclass('sync_stats_position') is not null as stats`,
  );
  const checks = [...CHECKS, ...(has.deployments ? [checkDeployments] : []), ...(has.stats ? [checkStats] : [])];
  for (const check of checks) {
    for await (const finding of check(database)) report(finding);
  }
  return database.row<Counts>(`
    select (select count(*) from sync_history)::float as syncs, (select count(*) from sync_event)::float as events,
      ((select count(*) from snapshot) + (select count(distinct (pack_id, pack_start)) from stored_version))::float as snapshots,
      ${has.deployments ? '(select count(*) from deployment)::float' : '0'} as deployments,
      (select count(*) from content_type_version)::float as versions`);
}

/** Runs work with the address of the database, beside the service where that has it embedded. */
export async function withDatabase<T>(
  { url, dataDir }: DatabaseLocation,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const known = url ?? (await runningEmbeddedPostgres(dataDir));
  if (known) return work(known);
  const embedded = await openEmbeddedPostgres(dataDir);
  try {
    return await work(embedded.url);
  } finally {
    await embedded.close();
  }
}
