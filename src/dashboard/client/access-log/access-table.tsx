import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../ui/empty-state.tsx';
import { formatCount } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { AccessAction, type AccessEvent } from './access-action.tsx';

export function AccessTable({ events, isFiltered }: { events: AccessEvent[]; isFiltered: boolean }) {
  return (
    <div className="card">
      <Table.ScrollContainer minWidth={960}>
        <Table highlightOnHover verticalSpacing="xs" horizontalSpacing="md" aria-label="Access log">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Time</Table.Th>
              <Table.Th>Action</Table.Th>
              <Table.Th>Who</Table.Th>
              <Table.Th>From where</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th>Filter</Table.Th>
              <Table.Th ta="right">Rows</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {events.map((event) => (
              <Row key={event.position} event={event} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {events.length === 0 && (
        <EmptyState title={isFiltered ? 'No event matches the filter' : 'There are no events yet'}>
          {isFiltered ? 'Change the filter.' : 'Reads of payloads, exports and sign-ins appear here.'}
        </EmptyState>
      )}
    </div>
  );
}

function Row({ event }: { event: AccessEvent }) {
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Timestamp of={event.createdAt} />
      </Table.Td>
      <Table.Td>
        <AccessAction event={event} />
      </Table.Td>
      <Table.Td className="breakable" title={event.principal ?? undefined}>
        {event.actor ?? (
          <Text span size="sm" c="dimmed">
            Nobody known
          </Text>
        )}
        {event.onBehalfOf !== null && <Beside>for {event.onBehalfOf}</Beside>}
      </Table.Td>
      <Table.Td className="breakable">
        {event.address ?? '–'}
        {event.client !== null && <Beside>{event.client}</Beside>}
      </Table.Td>
      <Table.Td className="breakable">
        {event.operation ?? '–'}
        {event.platform !== null && (
          <Beside>
            {event.platform} {event.environment === '*' ? '' : event.environment}
          </Beside>
        )}
        {event.subject !== null && (
          <Beside>
            <Subject event={event} subject={event.subject} />
          </Beside>
        )}
      </Table.Td>
      <Table.Td className="breakable" maw={280}>
        {Object.entries(event.filter ?? {}).map(([name, value]) => (
          <Text key={name} size="xs" span display="block" lineClamp={2}>
            <Text span inherit c="dimmed">
              {name}
            </Text>{' '}
            {typeof value === 'string' ? value : JSON.stringify(value)}
          </Text>
        ))}
      </Table.Td>
      <Table.Td ta="right">{event.rows === null ? '–' : formatCount(event.rows)}</Table.Td>
    </Table.Tr>
  );
}

function Subject({ event: { action }, subject }: { event: AccessEvent; subject: string }) {
  if (action === 'payload.read') return <Link href={`/syncs/${subject}`}>{subject}</Link>;
  if (action.startsWith('plan.')) return <Link href={`/plans/${subject}`}>{subject}</Link>;
  return subject;
}

function Beside({ children }: { children: ReactNode }) {
  return (
    <Text size="xs" c="dimmed">
      {children}
    </Text>
  );
}
