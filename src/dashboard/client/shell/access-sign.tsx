import { Button, Text, Tooltip } from '@mantine/core';
import { Tag } from '../badges/tag.tsx';
import { useSession, useSignOut } from './use-session.ts';

/** Who uses the service, and the way out. */
export function AccessSign() {
  const session = useSession();
  if (session?.access === 'open') {
    return (
      <Tag
        tone="quiet"
        title="The service does not authenticate callers: everybody who reaches it can read and change everything."
      >
        Open access
      </Tag>
    );
  }
  return session?.name ? <SignedInAs name={session.name} grants={session.grants} /> : null;
}

function SignedInAs({ name, grants }: { name: string; grants: string[] }) {
  const signOut = useSignOut();
  return (
    <>
      <Tooltip label={grants.join(', ')} multiline maw={320}>
        <Text size="sm" className="breakable" maw={160} truncate>
          {name}
        </Text>
      </Tooltip>
      <Button size="compact-sm" variant="default" loading={signOut.isPending} onClick={signOut.start}>
        Sign out
      </Button>
    </>
  );
}
