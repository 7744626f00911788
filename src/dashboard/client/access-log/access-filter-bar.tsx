import { Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { ACTIONS } from './access-action.tsx';
import { type AccessFilter, TEXTS, type TextName, TIMES } from './access-query.ts';

const LABELS: Record<TextName, string> = {
  actor: 'Who',
  address: 'Address',
  platform: 'Platform',
  environment: 'Environment',
  subject: 'Sync, key or plan',
  code: 'Code',
};
const TYPED_MS = 300;

interface Props {
  filter: AccessFilter;
  onChange: (changes: AccessFilter) => void;
}

export function AccessFilterBar({ filter, onChange }: Props) {
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Group gap="xs" role="search" aria-label="Filter">
      <Select
        size="xs"
        w={170}
        aria-label="Action"
        placeholder="Any action"
        clearable
        clearButtonProps={{ 'aria-label': 'Any action' }}
        data={ACTIONS}
        value={filter.action ?? null}
        onChange={(action) => onChange({ action: action ?? '' })}
      />
      <Select
        size="xs"
        w={140}
        aria-label="Time"
        placeholder="Any time"
        clearable
        clearButtonProps={{ 'aria-label': 'Any time' }}
        data={TIMES}
        value={filter.days ?? null}
        onChange={(days) => onChange({ days: days ?? '' })}
      />
      {TEXTS.map((name) => (
        <TextField
          key={name}
          label={LABELS[name]}
          value={filter[name] ?? ''}
          onChange={(value) => onChange({ [name]: value })}
        />
      ))}
      {isFiltered && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() => onChange(Object.fromEntries(Object.keys(filter).map((name) => [name, ''])))}
        >
          Clear all
        </Button>
      )}
    </Group>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A whole value, asked for when nothing more is typed. */
function TextField({ label, value, onChange }: FieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const tell = useDebouncedCallback(onChange, TYPED_MS);
  return (
    <TextInput
      size="xs"
      w={130}
      aria-label={label}
      placeholder={label}
      maxLength={255}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        tell(currentTarget.value.trim());
      }}
    />
  );
}
