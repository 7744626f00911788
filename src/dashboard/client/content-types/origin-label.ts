import type { Schemas } from '../api/client.ts';

/** What is said of a version that nobody made here. */
export function originLabel(origin: Schemas['VersionDto']['origin']): string {
  return { AUTHORED: '', OBSERVED: ', first seen in a pull', RECORDED: ', recorded by another system' }[origin];
}
