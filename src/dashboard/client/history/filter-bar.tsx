import { Button, Group, MultiSelect, Pill, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import type { Schemas, SyncStatus } from '../api/client.ts';
import { EVIDENCE } from '../badges/evidence.ts';
import { formatCompact } from '../ui/format.ts';
import { OUTCOMES } from '../badges/outcome-badge.tsx';
import { StatusBadge } from '../badges/status-badge.tsx';
import { type Filter, type ListName, LISTS, type SingleName } from './filter.ts';
import classes from './filter-bar.module.css';

type Facets = Schemas['FacetsDto'];
const STATUSES: SyncStatus[] = ['SUCCESS', 'FAILED', 'PARTIAL', 'IN_PROGRESS'];
const FACETS = {
  platform: 'Platform',
  environment: 'Environment',
  direction: 'Direction',
  trigger: 'How',
  errorCode: 'Error',
  outcome: 'Outcome',
  evidence: 'Evidence',
} as const;
type Labels = Partial<Record<string, { label: string }>>;
const LABELS: Partial<Record<keyof typeof FACETS, Labels>> = { outcome: OUTCOMES, evidence: EVIDENCE };
const TIMES = [
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
];
/** Members that have no field of their own here: they come by links, and can be taken away. */
const BY_LINK: Partial<Record<ListName | SingleName, string>> = {
  typeKey: 'Content type',
  kind: 'Kind',
  actor: 'Actor',
  deploymentId: 'Deployment',
  label: 'Label',
  versionHash: 'Version',
  callId: 'Call',
  errorFingerprint: 'Error fingerprint',
  statusClass: 'HTTP status',
  forced: 'Forced',
  startDate: 'From',
  endDate: 'To',
  timeZone: 'Time zone',
  dateField: 'Time of',
};

interface Props {
  filter: Filter;
  facets: Facets | undefined;
  onChange: (changes: Filter) => void;
  onClear: () => void;
}

export function FilterBar({ filter, facets, onChange, onClear }: Props) {
  // The rows are what is waited for: of the fields only their places come before them.
  const areFieldsDue = useDeferredValue(true, false);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <div className={classes.bar} role="search" aria-label="Filter">
      <Group gap="xs">
        <Search q={filter.q ?? ''} onChange={(q) => onChange({ q })} />
        <Select
          size="xs"
          w={140}
          aria-label="Time"
          placeholder="Any time"
          clearable
          clearButtonProps={{ 'aria-label': 'Any time' }}
          data={TIMES}
          value={filter.last ?? null}
          onChange={(last) => onChange({ last: last ?? '', startDate: '', endDate: '' })}
        />
        {Object.entries(FACETS).map(([name, label]) =>
          areFieldsDue ? (
            <FacetSelect
              key={name}
              label={label}
              labels={LABELS[name as keyof typeof FACETS]}
              values={facets?.[name as keyof typeof FACETS]}
              chosen={filter[name as keyof typeof FACETS] ?? []}
              onChange={(chosen) => onChange({ [name]: chosen })}
            />
          ) : (
            <div key={name} className={classes.place} />
          ),
        )}
        {isFiltered && (
          <Button size="xs" variant="subtle" onClick={onClear}>
            Clear all
          </Button>
        )}
      </Group>
      <div className={classes.statuses} role="group" aria-label="Status">
        {STATUSES.map((status) => {
          const chosen = filter.status ?? [];
          const isChosen = chosen.includes(status);
          const count = facets && (facets.status.find(({ value }) => value === status)?.count ?? 0);
          return (
            <button
              key={status}
              type="button"
              className={classes.status}
              aria-pressed={isChosen}
              onClick={() =>
                onChange({ status: isChosen ? chosen.filter((one) => one !== status) : [...chosen, status] })
              }
            >
              <StatusBadge status={status} />{' '}
              {count !== undefined && <span className={classes.count}>{formatCompact(count)}</span>}
            </button>
          );
        })}
        <LinkedValues filter={filter} onChange={onChange} />
      </div>
    </div>
  );
}

function Search({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const told = useRef(q);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    onChange(next);
  }, 250);
  // What was typed since it was told stays; what comes from elsewhere is shown.
  useEffect(() => {
    if (q !== told.current) setText(q);
    told.current = q;
  }, [q]);
  useHotkeys([['/', () => field.current?.focus()]]);
  return (
    <TextInput
      ref={field}
      size="xs"
      className={classes.search}
      role="searchbox"
      aria-label="Search content types and error messages"
      placeholder="Search  /"
      value={text}
      maxLength={200}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        tell(currentTarget.value);
      }}
      onKeyDown={({ key, currentTarget }) => key === 'Escape' && currentTarget.blur()}
    />
  );
}

interface FacetProps {
  label: string;
  /** Of values that have a word of their own. */
  labels?: Labels;
  values: Facets['platform'] | undefined;
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

function FacetSelect({ label, labels = {}, values, chosen, onChange }: FacetProps) {
  const counts = new Map(
    (values ?? []).flatMap(({ value, count }) => (value === null ? [] : [[value, count] as const])),
  );
  const all = [...new Set([...counts.keys(), ...chosen])];
  return (
    <MultiSelect
      size="xs"
      className={classes.facet}
      aria-label={label}
      placeholder={chosen.length > 0 ? undefined : label}
      data={all.map((value) => ({ value, label: labels[value]?.label ?? value }))}
      value={chosen}
      onChange={onChange}
      clearable
      clearButtonProps={{ 'aria-label': `Any ${label.toLowerCase()}` }}
      searchable={all.length > 8}
      nothingFoundMessage={values ? 'None' : 'The values are not loaded'}
      comboboxProps={{ width: 260, position: 'bottom-start' }}
      renderOption={({ option }) => (
        <Group justify="space-between" wrap="nowrap" w="100%">
          <span className={classes.option}>{option.label}</span>
          {values && <span className={classes.count}>{formatCompact(counts.get(option.value) ?? 0)}</span>}
        </Group>
      )}
    />
  );
}

function LinkedValues({ filter, onChange }: Pick<Props, 'filter' | 'onChange'>) {
  return Object.entries(BY_LINK).flatMap(([name, label]) => {
    const value = filter[name as ListName | SingleName];
    const isList = LISTS.some((list) => list === name);
    return [value ?? []].flat().map((one) => (
      <Pill
        key={`${name} ${one}`}
        withRemoveButton
        removeButtonProps={{ 'aria-label': `Without ${label} ${one}`, tabIndex: 0 }}
        onRemove={() => onChange({ [name]: isList ? [value].flat().filter((other) => other !== one) : '' })}
      >
        {label}: {one}
      </Pill>
    ));
  });
}
