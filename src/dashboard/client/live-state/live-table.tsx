import { Anchor, Group, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { typePath } from '../content-types/type-path.ts';
import { EVIDENCE } from '../badges/evidence.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { DriftBadge, StateBadge } from './state-badge.tsx';
import { VersionName } from './version-name.tsx';

export type LiveItem = Schemas['LiveItemDto'];

interface Props {
  items: LiveItem[];
  /** Whether the lines are the targets of one content type, or the content types of one target. */
  of: 'targets' | 'content types';
  /** The latest version of the one content type. */
  latestHash?: string;
  /** Begins the adoption of an item with drift. */
  onAdopt?: (item: LiveItem) => void;
}

/** What stands where: state, version, since when, by which evidence, and who changed it there. */
export function LiveTable({ items, of, latestHash, onAdopt }: Props) {
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table verticalSpacing="xs" horizontalSpacing="md" aria-label="Live state">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{of === 'targets' ? 'Target' : 'Content type'}</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Version</Table.Th>
            <Table.Th>Since</Table.Th>
            <Table.Th>Evidence</Table.Th>
            <Table.Th>Changed there</Table.Th>
            <Table.Th>Newest sync</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={JSON.stringify([item.environment, item.kind, item.typeKey])}>
              <Table.Td className="breakable">{of === 'targets' ? <Target of={item} /> : <Name of={item} />}</Table.Td>
              <Table.Td>
                <Group gap={6}>
                  <StateBadge {...item} />
                  {item.drift && <DriftBadge isExpected={item.acceptedBy.length > 0} />}
                </Group>
              </Table.Td>
              <Table.Td>
                {item.state === 'PRESENT' ? <VersionName of={item} /> : '–'}
                {latestHash !== undefined && item.versionHash === latestHash && ', the latest'}
              </Table.Td>
              <Table.Td>
                <Timestamp of={item.since} />
              </Table.Td>
              <Table.Td>{item.evidence === null ? 'None' : <EvidenceName of={item.evidence} />}</Table.Td>
              <Table.Td className="breakable">{lastChange(item)}</Table.Td>
              <Table.Td>
                <Group gap="sm" wrap="nowrap">
                  <Link href={`/syncs/${item.syncId}`} aria-label={`Show the newest sync of ${item.typeKey}`}>
                    Show
                  </Link>
                  {item.drift && onAdopt && (
                    <Anchor
                      component="button"
                      underline="always"
                      size="sm"
                      aria-label={`Adopt ${item.typeKey}`}
                      onClick={() => onAdopt(item)}
                    >
                      Adopt
                    </Anchor>
                  )}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Target({ of: { platform, environment } }: { of: LiveItem }) {
  const href = `/live?${new URLSearchParams({ platform, environment })}`;
  return (
    <Link href={href}>
      {platform} ({environment})
    </Link>
  );
}

function Name({ of: { platform, kind, typeKey } }: { of: LiveItem }) {
  return (
    <>
      <Link href={typePath({ platform, kind, typeKey })}>{typeKey}</Link>
      {kind !== 'contentType' && (
        <Text span size="xs" c="dimmed" ml="xs">
          {kind}
        </Text>
      )}
    </>
  );
}

function EvidenceName({ of }: { of: NonNullable<LiveItem['evidence']> }) {
  const { label, meaning } = EVIDENCE[of];
  return <span title={meaning}>{label}</span>;
}

/** The platform may tell one without the other. */
function lastChange({ changedBy, changedAt }: LiveItem): ReactNode {
  if (changedBy === null && changedAt === null) return 'Not given';
  return (
    <>
      {changedBy && `by ${changedBy} `}
      {changedAt && <Timestamp of={changedAt} />}
    </>
  );
}
