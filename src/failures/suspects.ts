import { type Json, type JsonObject, SHOWN } from '#json';
import type { PlatformModel } from '#platform';
import { type VersionChange, VersionDiff } from '#versioning';

/** Something that changed between the last success of a type and its first failure with an error. */
export interface Suspect {
  typeKey: string;
  what: 'version' | 'configuration' | 'forced' | 'trigger' | 'actor';
  /** Where in the definition, or the metadata, as JSON Pointer; null where it is no part of either. */
  path: string | null;
  /** What was there; null for nothing, and for what is too long to be shown. */
  before: Json;
  after: Json;
  /** Whether the error's message names it. */
  isNamed: boolean;
  lastSuccess: string;
  firstFailure: string;
}

/** What a sync was made of. */
export interface Circumstances {
  id: string;
  typeKey: string;
  definition: JsonObject | null;
  forced: boolean;
  actor: string;
  trigger: string;
  metadata: JsonObject | null;
}

const MAX_SHOWN = 200;
const ORDER: Suspect['what'][] = ['version', 'configuration', 'forced', 'trigger', 'actor'];
/** What differs from sync to sync by nature. */
const NO_CONFIGURATION = new Set([
  'calls',
  'replayBatch',
  'readBackCallId',
  'resolvedBy',
  'held',
  'absent',
  'overlapped',
  'outcome',
  'responseNotKept',
]);

/** What changed, the likeliest first: what the message names, the more of its path the better. */
export async function suspectsBetween(
  success: Circumstances,
  failure: Circumstances,
  message: string,
  model: PlatformModel,
): Promise<Suspect[]> {
  const words = new Set(message.toLowerCase().split(/[^\p{L}\p{N}_-]+/u));
  const suspect = (what: Suspect['what'], path: string | null, before: Json, after: Json) => {
    const named = new Set(segmentsOf(path).filter((segment) => words.has(segment.toLowerCase()))).size;
    const said = { typeKey: failure.typeKey, what, path, before: shown(before), after: shown(after) };
    return { named, said: { ...said, isNamed: named > 0, lastSuccess: success.id, firstFailure: failure.id } };
  };
  const plain = (['forced', 'trigger', 'actor'] as const)
    .filter((what) => success[what] !== failure[what])
    .map((what) => suspect(what, null, success[what], failure[what]));
  const found = [
    ...(await versionChanges(success.definition, failure.definition, model)).map(
      ({ path, before = null, after = null }) => suspect('version', path, before, after),
    ),
    ...configurationChanges(success.metadata ?? {}, failure.metadata ?? {}).map(([name, before, after]) =>
      suspect('configuration', `/${name}`, before, after),
    ),
    ...plain,
  ];
  found.sort((a, b) => b.named - a.named || ORDER.indexOf(a.said.what) - ORDER.indexOf(b.said.what));
  return found.map(({ said }) => said);
}

async function versionChanges(
  before: JsonObject | null,
  after: JsonObject | null,
  model: PlatformModel,
): Promise<VersionChange[]> {
  return before && after ? (await VersionDiff.inSlices(before, after, SHOWN, model)).changes : [];
}

function configurationChanges(before: JsonObject, after: JsonObject): [string, Json, Json][] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !NO_CONFIGURATION.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => [name, before[name] ?? null, after[name] ?? null]);
}

/** Short words occur in any message. */
function segmentsOf(path: string | null): string[] {
  return (path ?? '').split('/').filter((segment) => segment.length > 2);
}

function shown(value: Json): Json {
  return JSON.stringify(value).length > MAX_SHOWN ? null : value;
}
