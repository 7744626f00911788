import { Select, Text } from '@mantine/core';
import { useState } from 'react';
import { api, type Schemas } from '../api/client.ts';
import { ChangeList } from '../ui/change-list.tsx';
import { formatMoment } from '../ui/format.ts';
import { originLabel } from './origin-label.ts';
import type { TypeRef } from './type-path.ts';
import { NotLoaded } from '../ui/not-loaded.tsx';

interface Props {
  type: TypeRef;
  versions: Schemas['VersionDto'][];
}

/** A version, and what it changed. */
export function VersionChanges({ type, versions }: Props) {
  const [chosen, choose] = useState<string | null>(null);
  const number = Number(chosen ?? versions[0]?.number);
  const version = versions.find((one) => one.number === number);
  return (
    <>
      <Select
        aria-label="Version"
        size="xs"
        mb="sm"
        allowDeselect={false}
        data={versions.map((one) => ({
          value: String(one.number),
          label: `Version ${one.number}, ${formatMoment(one.createdAt)}, ${one.author}${originLabel(one.origin)}`,
        }))}
        value={String(number)}
        onChange={choose}
      />
      {version?.message && (
        <Text size="sm" mb="sm" className="breakable">
          {version.message}
        </Text>
      )}
      {number > 1 ? (
        <Difference {...{ type, from: number - 1, to: number }} />
      ) : (
        <Text size="sm">This is the first version.</Text>
      )}
    </>
  );
}

/** What changed between two versions, named by number or hash. */
export function Difference({ type, from, to }: { type: Props['type']; from: number | string; to: number | string }) {
  const { platform, kind, typeKey } = type;
  const asked = api.useQuery(
    'get',
    '/api/v1/content-types/{typeKey}/diff',
    { params: { path: { typeKey }, query: { platform, kind, from: String(from), to: String(to) } } },
    { staleTime: Infinity },
  );
  const { data } = asked;
  if (!data) return <NotLoaded of={asked} />;
  const query = new URLSearchParams({ platform, kind, from: String(from), to: String(to), format: 'ndjson' });
  return (
    <ChangeList
      changes={data.changes}
      omitted={data.omitted}
      file={`/api/v1/content-types/${encodeURIComponent(typeKey)}/diff?${query}`}
    />
  );
}
