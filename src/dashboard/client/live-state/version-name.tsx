import { shortHash } from '../ui/format.ts';

/** The version of a present item: its number and hash, as far as they are known. */
export function VersionName({
  of: { number, versionHash },
}: {
  of: { number: number | null; versionHash: string | null };
}) {
  if (versionHash === null) return 'Unknown';
  return (
    <>
      {number === null ? 'Not in the catalogue' : `Version ${number}`}{' '}
      <code className="hash">{shortHash(versionHash)}</code>
    </>
  );
}
