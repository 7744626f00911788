import { Link } from 'wouter';
import { shortHash } from '../ui/format.ts';
import type { Item } from './item-groups.ts';

/** What stood at the target before the deployment, and the sync that shows it. */
export function BeforeState({ item: { typeKey, before, previousHash } }: { item: Item }) {
  if (before === null)
    return previousHash === null ? 'Not known' : <code className="hash">{shortHash(previousHash)}</code>;
  const { state, versionHash, syncId } = before;
  const name =
    state === 'ABSENT' ? (
      'Absent'
    ) : versionHash === null ? (
      'Unknown'
    ) : (
      <code className="hash">{shortHash(versionHash)}</code>
    );
  if (syncId === null) return name;
  return (
    <Link href={`/syncs/${syncId}`} title={`What stood there before of ${typeKey}`}>
      {name}
    </Link>
  );
}
