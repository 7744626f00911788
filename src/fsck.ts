import {
  Books,
  type Check,
  type DatabaseLocation,
  type Finding,
  openEmbeddedPostgres,
  runningEmbeddedPostgres,
} from '#database';
import { checkStats } from '#analytics';
import { checkDeployments } from '#deployment';
import { checkSnapshots } from '#snapshot';
import { checkOwners, checkPositions, checkSyncs } from '#tracking';
import { checkVersions } from '#versioning';

const CHECKS: Check[] = [
  checkOwners,
  checkSyncs,
  checkPositions,
  checkSnapshots,
  checkVersions,
  checkDeployments,
  checkStats,
];

/** How much was looked at. */
export interface Counts {
  syncs: number;
  events: number;
  snapshots: number;
  versions: number;
  deployments: number;
}

/** Proves the books of a database, or tells each finding as it comes. Beside a running service too: it only reads. */
export async function fsck(url: string, report: (finding: Finding) => void): Promise<Counts> {
  const books = await Books.open(url);
  try {
    return await prove(books, report);
  } finally {
    await books.close();
  }
}

export async function prove(books: Books, report: (finding: Finding) => void): Promise<Counts> {
  for (const check of CHECKS) {
    for await (const finding of check(books)) report(finding);
  }
  return books.row<Counts>(`
    select (select count(*) from sync_history)::float as syncs, (select count(*) from sync_event)::float as events,
      (select count(*) from snapshot)::float as snapshots, (select count(*) from deployment)::float as deployments,
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
