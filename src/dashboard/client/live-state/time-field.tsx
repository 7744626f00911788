import { Button, Group, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';

/** While a date is typed, its year may be incomplete. */
const EARLIEST = '2000-01-01T00:00:00';
const TYPED_MS = 400;

interface Props {
  label: string;
  /** ISO 8601; undefined means now. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A time in the past in the zone of the browser, or now. */
export function TimeField({ label, value, onChange }: Props) {
  const [text, setText] = useState(localText(value));
  useEffect(() => setText(localText(value)), [value]);
  const tell = useDebouncedCallback(onChange, TYPED_MS);
  return (
    <Group gap={4} align="flex-end">
      <TextInput
        size="xs"
        type="datetime-local"
        step={1}
        label={label}
        min={EARLIEST}
        max={localText(new Date().toISOString())}
        value={text}
        onChange={({ currentTarget: { value: typed, validity } }) => {
          setText(typed);
          if (validity.valid) tell(typed === '' ? undefined : new Date(typed).toISOString());
        }}
      />
      {value !== undefined && (
        <Button size="xs" variant="subtle" aria-label={`${label}: now`} onClick={() => onChange(undefined)}>
          Now
        </Button>
      )}
    </Group>
  );
}

/** As the field takes it: local, without a zone, to the second. */
function localText(value: string | undefined): string {
  if (value === undefined) return '';
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
