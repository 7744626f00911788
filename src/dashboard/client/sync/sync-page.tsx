export function SyncPage({ syncId }: { syncId: string }) {
  return <p>{syncId}</p>;
}
