import { Accordion, Checkbox, Group, Text } from '@mantine/core';
import { Link } from 'wouter';
import { typePath } from '../content-types/type-path.ts';
import { Difference } from '../content-types/version-changes.tsx';
import { formatCounted, shortHash } from '../ui/format.ts';
import { Tag } from '../badges/tag.tsx';
import { isBreaking, keyOf, type PlannedItem as Item } from '../planning/plan-request.ts';

interface Props {
  platform: string;
  item: Item;
  left: ReadonlySet<string>;
  onLeft?: (left: ReadonlySet<string>) => void;
}

/** One item of a plan: what happens to it, and, unfolded, every change. */
export function PlannedItem({ platform, item, left, onLeft }: Props) {
  const { kind, typeKey, unknownFields, moreUnknownFields } = item;
  const key = keyOf(item);
  return (
    <>
      <Group wrap="nowrap" gap={0}>
        {onLeft && (
          <Checkbox
            mx="sm"
            aria-label={`Send ${typeKey}`}
            checked={!left.has(key)}
            onChange={({ currentTarget }) => onLeft(toggled(left, key, !currentTarget.checked))}
          />
        )}
        <Accordion.Control py={4}>
          <Group gap={8}>
            <Text size="sm" span fw={600} className="breakable">
              {typeKey}
            </Text>
            <Text size="xs" span c="dimmed">
              {summary(item)}
            </Text>
            {isBreaking(item) && (
              <Tag tone="bad" title="The change may lose data.">
                Breaking
              </Tag>
            )}
            {item.drift && (
              <Tag tone="caution" title="Somebody changed it at the target. The deployment overwrites that.">
                Drift
              </Tag>
            )}
          </Group>
        </Accordion.Control>
      </Group>
      <Accordion.Panel>
        {unknownFields.length > 0 && (
          <Text size="sm" className="breakable">
            The platform may ignore unknown fields: {unknownFields.join(', ')}
            {moreUnknownFields > 0 && ` and ${moreUnknownFields} more`}
          </Text>
        )}
        <Changes platform={platform} item={item} />
        <Text size="xs" mt="xs">
          <Link href={typePath({ platform, kind, typeKey })}>Show {typeKey}</Link>
          {item.seen.syncId && (
            <>
              {' · '}
              <Link href={`/syncs/${item.seen.syncId}`}>Show what stands at the target</Link>
            </>
          )}
        </Text>
      </Accordion.Panel>
    </>
  );
}

function Changes({ platform, item }: { platform: string; item: Item }) {
  const { kind, typeKey, action, versionHash, previousHash, changes, seen } = item;
  if (action === 'DELETE') return <Text size="sm">The target has it, and the deployment deletes it.</Text>;
  if (seen.state === 'ABSENT') return <Text size="sm">The target does not have it.</Text>;
  if (previousHash === null) return <Text size="sm">The record does not know what stands at the target.</Text>;
  if (changes === null || versionHash === null) {
    return <Text size="sm">The content at the target is no version that the service knows.</Text>;
  }
  return <Difference type={{ platform, kind, typeKey }} from={previousHash} to={versionHash} />;
}

function summary(item: Item): string {
  const unknown = item.unknownFields.length + item.moreUnknownFields;
  const notes = [
    effect(item),
    unknown > 0 && formatCounted(unknown, 'unknown field'),
    item.missingReferences.length > 0 && formatCounted(item.missingReferences.length, 'missing reference'),
    item.kind !== 'contentType' && item.kind,
  ];
  return notes.filter(Boolean).join(', ');
}

function effect({ action, seen, versionHash, previousHash, impact, changes }: Item): string {
  if (action === 'DELETE') return 'is deleted';
  if (previousHash === null) return seen.state === 'UNKNOWN' ? 'replaces unknown content' : 'new there';
  const what =
    changes === null ? 'replaces content that is no known version' : `${formatCounted(changes, 'change')}, ${impact}`;
  return `${what}, ${shortHash(previousHash)} → ${versionHash === null ? 'deleted' : shortHash(versionHash)}`;
}

function toggled(set: ReadonlySet<string>, key: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isIn) next.add(key);
  else next.delete(key);
  return next;
}
