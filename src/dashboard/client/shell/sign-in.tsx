import { Alert, Anchor, Button, Divider, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { api, SIGNED_OUT } from '../api/client.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { useSessionQuery } from './use-session.ts';

/** Asks for a key where one is needed, before anything else is asked of the service. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { data, isPending, failureReason, refetch } = useSessionQuery();
  useEffect(() => {
    const ask = () => void refetch();
    globalThis.addEventListener(SIGNED_OUT, ask);
    return () => globalThis.removeEventListener(SIGNED_OUT, ask);
  }, [refetch]);
  // The page itself tells of a service that does not answer.
  if (isPending && !failureReason) return <PageSkeleton />;
  if (data?.access !== 'keys') return children;
  if (data.name === null) return <SignIn issuerUrl={data.signInUrl} />;
  return data.grants.length === 0 ? <NoRole name={data.name} /> : children;
}

/** What became of a sign-in at the issuer, by the code that stands in the address. */
const FAILURES: Record<string, string> = {
  ISSUER_UNAVAILABLE: 'The issuer does not answer as it should. Try again in a few seconds, or use an API key.',
  TOO_MANY_ROLES: 'The issuer gives you more roles than a sign-in can keep. Ask an administrator to map them to fewer.',
};
const FAILED = 'The sign-in did not come to its end. Sign in again.';

/** The code is read once: a page that is loaded again tells nothing of an earlier sign-in. */
function useFailure(): string | undefined {
  const [code] = useState(() => /^#sign-in=(\w+)$/.exec(location.hash)?.[1]);
  useEffect(() => {
    if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);
  }, [code]);
  return code;
}

function SignIn({ issuerUrl }: { issuerUrl: string | null }) {
  const failure = useFailure();
  const returnTo = encodeURIComponent(location.pathname + location.search);
  return (
    <Stack gap="md" maw={420} mx="auto" mt={80}>
      <Title order={1} size="h2">
        Sign in
      </Title>
      {failure !== undefined && (
        <Alert color="red" role="alert">
          {FAILURES[failure] ?? FAILED}
        </Alert>
      )}
      {issuerUrl !== null && (
        <>
          <Button component="a" href={`${issuerUrl}?returnTo=${returnTo}`}>
            Sign in with single sign-on
          </Button>
          <Divider label="or" />
        </>
      )}
      <KeyForm isFirst={issuerUrl === null} />
    </Stack>
  );
}

/** The way out stands in the header. */
function NoRole({ name }: { name: string }) {
  return (
    <Stack gap="md" maw={420} mx="auto" mt={80}>
      <Title order={1} size="h2">
        No role
      </Title>
      <Text>
        You are signed in as <b className="breakable">{name}</b>, and have no role in SyncTrail. Ask an administrator
        for one, then sign out and in again.
      </Text>
    </Stack>
  );
}

function KeyForm({ isFirst }: { isFirst: boolean }) {
  const [key, setKey] = useState('');
  const queries = useQueryClient();
  const signIn = api.useMutation('post', '/api/v1/session', { onSuccess: () => queries.resetQueries() });
  return (
    <form
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate({ body: { key: key.trim() } });
      }}
    >
      <Stack gap="md">
        <PasswordInput
          label="API key"
          description="It begins with synctrail_ and is kept in a cookie that no script can read, for 12 hours."
          required
          autoFocus={isFirst}
          autoComplete="current-password"
          maxLength={255}
          value={key}
          onChange={({ currentTarget }) => setKey(currentTarget.value)}
        />
        {Boolean(signIn.error) && <ErrorAlert error={signIn.error} />}
        <Button
          type="submit"
          variant={isFirst ? 'filled' : 'default'}
          loading={signIn.isPending}
          disabled={key.trim() === ''}
        >
          Sign in{!isFirst && ' with the key'}
        </Button>
        <Text size="sm" c="dimmed">
          No key? Ask an administrator to make one: <code>synctrail keys create</code>, or the{' '}
          <Anchor href="/docs" underline="always">
            API
          </Anchor>
          .
        </Text>
      </Stack>
    </form>
  );
}
