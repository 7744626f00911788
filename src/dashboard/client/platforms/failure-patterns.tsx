import { Stack, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import { searchOf } from '../history/filter.ts';
import { EarlierLink } from '../ui/earlier-link.tsx';
import { formatCount, formatPercent, shortId } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import type { ChosenTarget } from './target.ts';
import { Loading } from '../ui/loading.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';

/** What is wrong, each thing once, and the errors behind it. */
export function FailurePatterns({ scope, last }: { scope: ChosenTarget; last: string }) {
  const { platform, environment } = scope;
  const query = { last, ...(platform && { platform: [platform] }), ...(environment && { environment: [environment] }) };
  const asked = api.useQuery(
    'get',
    '/api/v1/sync/analytics/failures',
    { params: { query } },
    { staleTime: 30_000, placeholderData: (before) => before },
  );
  const { data, isPlaceholderData } = asked;
  if (!data || asked.error) return <NotLoaded of={asked} loading={<Loading height={120} />} />;
  return (
    <EarlierLink isEarlier={isPlaceholderData}>
      <Stack gap="md">
        {data.patterns.length === 0 && <Text size="sm">There are no failure patterns.</Text>}
        {data.patterns.map((pattern) => (
          <div key={`${pattern.shape} ${pattern.platform} ${pattern.environment} ${pattern.firstSeen}`}>
            <Text size="sm" fw={600}>
              {pattern.shape.replaceAll('-', ' ')}: {pattern.platform}, {pattern.environment}
            </Text>
            <Text size="sm" className="breakable">
              {pattern.summary}
            </Text>
            <Text size="xs" c="dimmed" component="p" m={0}>
              Evidence:{' '}
              {pattern.evidence.map((id) => (
                <Link key={id} href={`/syncs/${id}`} style={{ marginRight: 8 }}>
                  {shortId(id)}
                </Link>
              ))}
            </Text>
          </div>
        ))}
        {data.fingerprints.length > 0 && (
          <Table.ScrollContainer minWidth={700}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Error</Table.Th>
                  <Table.Th>Times</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Content types</Table.Th>
                  <Table.Th>Last seen</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.fingerprints.slice(0, 20).map((error) => (
                  <Table.Tr key={error.fingerprint}>
                    <Table.Td className="breakable" maw={420}>
                      <Link href={`/?${searchOf({ ...query, errorFingerprint: [error.fingerprint] })}`}>
                        {error.errorCode}
                      </Link>
                      <Text size="xs" c="dimmed" lineClamp={2}>
                        {error.message}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      {formatCount(error.count)} ({formatPercent(error.share)})
                    </Table.Td>
                    <Table.Td>{error.muted ? `muted: ${error.muted.reason}` : error.state}</Table.Td>
                    <Table.Td className="breakable">{error.typeKeys.slice(0, 5).join(', ')}</Table.Td>
                    <Table.Td>
                      <Timestamp of={error.lastSeen} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Stack>
    </EarlierLink>
  );
}
