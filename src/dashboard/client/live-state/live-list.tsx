import { Button, Checkbox, Group, Select, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { http, type Schemas } from '../api/client.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { DescriptionList } from '../ui/description-list.tsx';
import { EarlierLink } from '../ui/earlier-link.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { formatCount } from '../ui/format.ts';
import { MoreRows } from '../ui/more-rows.tsx';
import { AdoptForm } from './adopt-form.tsx';
import { LiveTable } from './live-table.tsx';
import { type State, STATES } from './state-badge.tsx';
import type { LiveQuestion } from './use-live-address.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';

type LivePageDto = Schemas['LivePageDto'];

interface Props {
  target: { platform: string; environment: string };
  asked: LiveQuestion;
  onChange: (changes: LiveQuestion) => void;
}

/** The items of a target with their number in each state, the root hash and the export file. */
export function LiveList({ target, asked, onChange }: Props) {
  const { at, state } = asked;
  const [adopted, adopt] = useState<Schemas['LiveItemDto'] | 'all'>();
  const close = () => adopt(undefined);
  // The history of the live state does not have what was last sent.
  const isDriftAsked = at === undefined && asked.drift === 'true';
  const accepted = isDriftAsked && asked.accepted !== undefined ? asked.accepted === 'true' : undefined;
  const query = { ...target, at, state: state as State | undefined, drift: isDriftAsked || undefined, accepted };
  const list = useInfiniteQuery({
    queryKey: ['live', query],
    queryFn: async ({ pageParam }) => {
      const params = { query: { ...query, limit: 100, cursor: pageParam } };
      const { data, error } = await http.GET('/api/v1/live', { params });
      if (error) throw error;
      return data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: (before) => before,
  });
  useRefreshOn(
    ['live'],
    ({ type, sync }) =>
      at === undefined &&
      type !== 'attempt.failed' &&
      sync?.platform === target.platform &&
      sync.environment === target.environment,
  );
  const error = list.error && <ErrorAlert error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return error ?? <Loading height={240} />;
  const items = list.data.pages.flatMap((page) => page.items);
  const [first] = list.data.pages;
  const isEmpty = first!.present + first!.absent + first!.unknown === 0;
  return (
    <>
      {error}
      <Group justify="space-between" align="flex-start" mb="sm">
        <Totals of={first!} />
        <Group gap="sm">
          {at === undefined && first!.drift + first!.acceptedDrift > 0 && (
            <Button size="xs" variant="default" onClick={() => adopt('all')}>
              Adopt all drift
            </Button>
          )}
          <ExportLink of={first!} query={{ ...target, ...(at && { at }) }} />
        </Group>
      </Group>
      <Group gap="sm" mb="sm">
        <Select
          size="xs"
          w={140}
          aria-label="State"
          placeholder="Any state"
          clearable
          clearButtonProps={{ 'aria-label': 'Any state' }}
          data={Object.entries(STATES).map(([value, { label }]) => ({ value, label }))}
          value={state ?? null}
          onChange={(value) => onChange({ state: value ?? '' })}
        />
        {at === undefined ? (
          <Checkbox
            size="xs"
            label="Only drift"
            checked={isDriftAsked}
            onChange={({ currentTarget }) => onChange({ drift: currentTarget.checked ? 'true' : '', accepted: '' })}
          />
        ) : (
          <Text size="xs" c="dimmed">
            Drift is not known for an earlier time.
          </Text>
        )}
      </Group>
      {isEmpty ? (
        <EmptyState title="The record has no item of this target">
          {at ? 'No push or pull of that time or before is recorded.' : 'Deploy to the target, or pull from it.'}
        </EmptyState>
      ) : (
        <EarlierLink isEarlier={list.isPlaceholderData}>
          <LiveTable items={items} of="content types" onAdopt={at === undefined ? adopt : undefined} />
          {items.length === 0 && (
            <EmptyState title="No item matches the filter">
              Choose another state, or allow items without drift.
            </EmptyState>
          )}
        </EarlierLink>
      )}
      <MoreRows list={list} />
      <Dialog
        opened={adopted !== undefined}
        onClose={close}
        title={adopted === 'all' ? 'Adopt all drift' : `Adopt ${adopted?.typeKey}`}
      >
        <AdoptForm target={target} item={adopted === 'all' ? undefined : adopted} onClose={close} />
      </Dialog>
    </>
  );
}

function Totals({ of: { present, absent, unknown, drift, acceptedDrift, root } }: { of: LivePageDto }) {
  return (
    <DescriptionList
      of={{
        Present: formatCount(present),
        Absent: formatCount(absent),
        Unknown: formatCount(unknown),
        Drift: formatCount(drift),
        'Expected drift': acceptedDrift > 0 && formatCount(acceptedDrift),
        'Root hash':
          root === null ? (
            'None, because the content of an item is unknown'
          ) : (
            <code className="hash breakable">{root}</code>
          ),
      }}
    />
  );
}

function ExportLink({ of: { root, present }, query }: { of: LivePageDto; query: Record<string, string> }) {
  if (present === 0 && root !== null) return null;
  if (root === null) {
    return (
      <Text size="xs" c="dimmed" maw={280}>
        There is no export file while the content of an item is unknown. Pull from the target first.
      </Text>
    );
  }
  const href = `/api/v1/live?${new URLSearchParams({ ...query, format: 'export' })}`;
  return (
    <Button component="a" size="xs" variant="default" href={href} download>
      Export file
    </Button>
  );
}
