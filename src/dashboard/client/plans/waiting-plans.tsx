import { Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import { Loaded } from '../ui/loaded.tsx';
import { Loading } from '../ui/loading.tsx';
import { Section } from '../ui/section.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { stateOf } from './plan-tag.tsx';

const POLL_MS = 10_000;

/** The plans that wait for a second person, and can still be approved. */
export function WaitingPlans() {
  const asked = api.useQuery(
    'get',
    '/api/v1/plans',
    { params: { query: { approval: 'PENDING', limit: 100 } } },
    // A plan is no event of a sync.
    { refetchInterval: POLL_MS },
  );
  return (
    <Section title="Plans that wait for approval">
      <Loaded of={asked} loading={<Loading height={24} />}>
        {({ items }) => {
          const waiting = items.filter((plan) => stateOf(plan) === 'waiting');
          if (waiting.length === 0) return <Text size="sm">No plan waits for approval.</Text>;
          return (
            <Table.ScrollContainer minWidth={640}>
              <Table verticalSpacing="xs" aria-label="Plans that wait for approval">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Target</Table.Th>
                    <Table.Th>Author</Table.Th>
                    <Table.Th>Reason</Table.Th>
                    <Table.Th>Made</Table.Th>
                    <Table.Th>Expires</Table.Th>
                    <Table.Th>Plan</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {waiting.map((plan) => (
                    <Table.Tr key={plan.id}>
                      <Table.Td>
                        {plan.platform} ({plan.environment})
                      </Table.Td>
                      <Table.Td className="breakable">{plan.actor}</Table.Td>
                      <Table.Td className="breakable">{plan.reason ?? '–'}</Table.Td>
                      <Table.Td>
                        <Timestamp of={plan.createdAt} />
                      </Table.Td>
                      <Table.Td>
                        <Timestamp of={plan.expiresAt} />
                      </Table.Td>
                      <Table.Td>
                        <Link href={`/plans/${plan.id}`} aria-label={`Review the plan of ${plan.actor}`}>
                          Review
                        </Link>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          );
        }}
      </Loaded>
    </Section>
  );
}
