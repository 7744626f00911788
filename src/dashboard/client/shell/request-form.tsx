import { Button, Checkbox, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { useSession } from './use-session.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';

/** Who asks for something, and why. */
export interface Asked {
  actor: string;
  reason: string;
  /** Apply changes that lose data; false where that is not offered. */
  force: boolean;
}

interface RequestFormProps {
  /** What the request is about. */
  children?: ReactNode;
  submit: string;
  color?: string;
  disabled?: boolean;
  withForce?: boolean;
  /** What the fields hold at first. */
  initial?: { reason?: string | null; force?: boolean };
  /** What is told of the error of the mutation; the error alone by default. */
  failure?: ReactNode;
  /** The mutation that it begins. */
  sending: { isPending: boolean; error: unknown };
  onSubmit: (asked: Asked) => void;
  onClose: () => void;
}

/** Asks for something to be sent to a platform: it is recorded with a name, which the browser remembers, and a reason. */
export function RequestForm({
  children,
  submit,
  color,
  disabled = false,
  withForce = true,
  initial,
  failure,
  sending,
  onSubmit,
  onClose,
}: RequestFormProps) {
  const [given, setGiven] = useLocalStorage({ key: 'synctrail.actor', defaultValue: '' });
  const signedIn = useSession()?.name ?? null;
  const actor = signedIn ?? given;
  const [reason, setReason] = useState(initial?.reason ?? '');
  const [force, setForce] = useState(initial?.force ?? false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit({ actor, reason, force });
      }}
    >
      <Stack gap="sm">
        {children}
        <TextInput
          label="Your name"
          required
          readOnly={signedIn !== null}
          description={signedIn === null ? undefined : 'The name of the key that you have signed in with'}
          value={actor}
          maxLength={255}
          onChange={({ currentTarget }) => setGiven(currentTarget.value)}
        />
        <Textarea
          label="Reason"
          required
          value={reason}
          maxLength={2_000}
          autosize
          minRows={2}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        {withForce && (
          <Checkbox
            label="Force: allow changes that lose data"
            checked={force}
            onChange={({ currentTarget }) => setForce(currentTarget.checked)}
          />
        )}
        {Boolean(sending.error) && (failure ?? <ErrorAlert error={sending.error} isChange />)}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color={color} disabled={disabled} loading={sending.isPending}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
