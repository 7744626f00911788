import { Anchor, Breadcrumbs, Stack, Text, Title } from '@mantine/core';
import { Link, useSearchParams } from 'wouter';
import { api } from '../api/client.ts';
import { errorTextOf } from '../api/problem.ts';
import { searchOf } from '../history/filter.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { shortHash } from '../ui/format.ts';
import { JsonView } from '../ui/json-view.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { WhatIsLive } from '../live-state/what-is-live.tsx';
import { RetirementPanel } from './retirement-panel.tsx';
import { TypeLife } from './type-life.tsx';
import { ChosenPlatform } from './chosen-platform.tsx';
import { VersionChanges } from './version-changes.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';

/** One content type: its versions, where they are live, and its whole life. */
export function ContentTypePage({ typeKey }: { typeKey: string }) {
  return <ChosenPlatform>{({ platform }) => <TypeOf platform={platform} typeKey={typeKey} />}</ChosenPlatform>;
}

function TypeOf({ platform, typeKey }: { platform: string; typeKey: string }) {
  const [params] = useSearchParams();
  const kind = params.get('kind') ?? 'contentType';
  const at = { params: { path: { typeKey }, query: { platform, kind } } };
  const latest = api.useQuery('get', '/api/v1/content-types/{typeKey}', at, { retry: false });
  const type = latest.data;
  const versions = api.useQuery('get', '/api/v1/content-types/{typeKey}/versions', {
    params: { path: { typeKey }, query: { platform, kind, limit: 100 } },
  });
  useRefreshOn(['get', '/api/v1/content-types/{typeKey}/versions'], ({ sync }) => sync?.typeKey === typeKey);
  // Content that nobody made here has versions, and none of them is the latest.
  const isOnlySeen = errorTextOf(latest.error).code === 'CONTENT_TYPE_NOT_FOUND';
  if (latest.error && !isOnlySeen) return <ErrorAlert error={latest.error} onRetry={() => void latest.refetch()} />;
  if (!versions.data || (!type && !isOnlySeen)) return <NotLoaded of={versions} loading={<PageSkeleton />} />;
  const ref = { platform, kind, typeKey };
  return (
    <Stack gap="md">
      {versions.error && <NotLoaded of={versions} />}
      <Breadcrumbs separator="›" fz="sm">
        <Anchor component={Link} href={`/content-types?${new URLSearchParams({ platform })}`} size="sm">
          Content types
        </Anchor>
        <Text size="sm">{platform}</Text>
        <Text size="sm">{kind}</Text>
      </Breadcrumbs>
      <div>
        <Title order={1} size="h3" className="breakable">
          {typeKey}
        </Title>
        <Text size="sm" c="dimmed">
          {type ? (
            <>
              Version {type.number}, <code className="hash">{shortHash(type.versionHash)}</code>, by {type.author},{' '}
              <Timestamp of={type.createdAt} />
            </>
          ) : (
            'Not in the catalogue: nobody has made a version of it here'
          )}{' '}
          · <Link href={`/?${searchOf({ platform: [platform], typeKey: [typeKey], kind: [kind] })}`}>All syncs</Link>
        </Text>
      </div>
      {type && <RetirementPanel type={ref} retired={type.retired} />}
      <Section title="What is live">
        <WhatIsLive type={ref} latestHash={type?.versionHash} />
      </Section>
      <Section title="Versions">
        <VersionChanges type={ref} versions={versions.data.items} />
      </Section>
      <Section title="History">
        <TypeLife type={ref} versions={versions.data.items} />
      </Section>
      {type && (
        <Section title="Definition">
          <JsonView value={type.definition} label="Definition" />
        </Section>
      )}
    </Stack>
  );
}
