import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { http, type Schemas, type Sync } from '../api/client.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { directionName, formatMoment, shortHash } from '../ui/format.ts';
import { Loaded } from '../ui/loaded.tsx';
import { MoreRows } from '../ui/more-rows.tsx';
import { StatusBadge } from '../badges/status-badge.tsx';
import { originLabel } from './origin-label.ts';
import type { TypeRef } from './type-path.ts';
import classes from './type-life.module.css';

interface Props {
  type: TypeRef;
  versions: Schemas['VersionDto'][];
}

type LifeEvent = { at: string } & ({ version: Schemas['VersionDto'] } | { sync: Sync; found: string | null });

/** Versions, pushes, pulls that found a difference, and rollbacks: one line, newest first. */
export function TypeLife({ type: { platform, kind, typeKey }, versions }: Props) {
  const list = useInfiniteQuery({
    queryKey: ['type-life', platform, kind, typeKey],
    queryFn: async ({ pageParam }) => {
      const query = { platform: [platform], kind: [kind], limit: 50, cursor: pageParam };
      const at = { path: { typeKey }, query };
      const { data, error } = await http.GET('/api/v1/sync/{typeKey}/history', { params: at });
      if (error) throw error;
      return data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  useRefreshOn(['type-life', platform, kind, typeKey], ({ sync }) => sync?.typeKey === typeKey);
  return (
    <>
      <Loaded of={list}>
        {({ pages }) => {
          const syncs = pages.flatMap(({ items }) => items);
          return <Life moments={lifeOf(syncs, versions, list.hasNextPage)} />;
        }}
      </Loaded>
      <MoreRows list={list} />
    </>
  );
}

function Life({ moments }: { moments: LifeEvent[] }) {
  if (moments.length === 0) return <Text size="sm">It has no events yet.</Text>;
  return (
    <ol className={classes.life}>
      {moments.map((moment) => (
        <li key={'sync' in moment ? moment.sync.id : `version ${moment.version.number}`} className={classes.moment}>
          <time dateTime={moment.at}>{formatMoment(moment.at)}</time>
          {'sync' in moment ? <SyncMoment {...moment} /> : <VersionMoment version={moment.version} />}
        </li>
      ))}
    </ol>
  );
}

function SyncMoment({ sync, found }: { sync: Sync; found: string | null }) {
  const pushed = sync.trigger === 'ROLLBACK' ? 'Rollback' : sync.replayOf ? 'Replay' : 'Push';
  const what = sync.direction === 'PULL' || sync.removal ? directionName(sync) : pushed;
  return (
    <span className={classes.what}>
      <StatusBadge status={sync.status} iconOnly />
      <Link href={`/syncs/${sync.id}`}>{what}</Link> {sync.platform} ({sync.environment}), {sync.actor}
      {sync.versionHash && <code className="hash">{shortHash(sync.versionHash)}</code>}
      {found && <strong className={classes.found}>{found}</strong>}
      {sync.errorCode}
    </span>
  );
}

function VersionMoment({
  version: { number, versionHash, author, message, origin },
}: {
  version: Schemas['VersionDto'];
}) {
  return (
    <span className={classes.what}>
      <span className={classes.mark} aria-hidden />
      <strong>Version {number}</strong> <code className="hash">{shortHash(versionHash)}</code> by {author}
      {originLabel(origin)}
      {message && <span className={classes.message}>{message}</span>}
    </span>
  );
}

function lifeOf(syncs: Sync[], versions: Schemas['VersionDto'][], hasOlder: boolean): LifeEvent[] {
  const oldest = hasOlder ? (syncs.at(-1)?.startedAt ?? '') : '';
  const moments: LifeEvent[] = [
    ...syncs.map((sync, index) => ({ at: sync.startedAt, sync, found: differenceFound(sync, syncs.slice(index + 1)) })),
    ...versions.filter(({ createdAt }) => createdAt >= oldest).map((version) => ({ at: version.createdAt, version })),
  ];
  return moments.sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** A pull that found something else than what was last known to be there. */
function differenceFound(
  { direction, status, versionHash, platform, environment, metadata }: Sync,
  older: Sync[],
): string | null {
  if (direction !== 'PULL' || status !== 'SUCCESS') return null;
  if (metadata?.absent === true) return 'found no item';
  const before = older.find(
    (sync) =>
      sync.platform === platform &&
      sync.environment === environment &&
      sync.status === 'SUCCESS' &&
      (sync.versionHash ?? sync.removal),
  );
  return before && before.versionHash !== versionHash ? 'found a difference' : null;
}
