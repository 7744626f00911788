import { Injectable } from '@nestjs/common';
import { isDrift, type LiveItem, LiveReader, type LiveState } from '#live';
import { DEFAULT_KIND, type ItemRef, PlatformRegistry, type Target } from '#platform';
import { type Adoption, SyncWriter } from '#recording';
import { marksOf } from '#redaction';
import {
  AlreadyRetiredError,
  Catalogue,
  type ContentTypeVersion,
  type Definition,
  refKey,
  VersionHistoryService,
} from '#versioning';
import { type LeftItem, NotAdoptableError } from './pull.errors.ts';

/** An item whose content at a target is to be the latest version. */
export interface AdoptedItem {
  typeKey: string;
  kind?: string;
  /** The version that the caller has seen there; another one is not adopted. */
  versionHash?: string;
}

/** What is taken over from a target into the catalogue, by whom and why. */
export interface AdoptionRequest extends Target {
  actor: string;
  reason: string;
  /** Everything that somebody changed there, by default. */
  items?: AdoptedItem[];
  /** Retire what somebody removed there. */
  includeRemoved?: boolean;
  /** Also where the catalogue has a version that was never sent there. */
  includeNewer?: boolean;
}

/** What an adoption did. */
export interface AdoptionResult {
  adopted: ContentTypeVersion[];
  retired: ItemRef[];
  /** Items that somebody changed, and that were left as they are. */
  left: LeftItem[];
}

type State = LiveItem & LiveState;
type Decision = 'same' | 'adopt' | 'retire' | LeftItem['why'];

interface Decided {
  item: State;
  decision: Decision;
}

interface CatalogueState {
  latest: Map<string, ContentTypeVersion>;
  retired: ReadonlySet<string>;
}

/** Items whose definitions are in memory at a time: each may have 10 MB. */
const ADOPTED_AT_ONCE = 20;

/** Makes what somebody changed on a platform part of the catalogue. */
@Injectable()
export class Adopter {
  constructor(
    private readonly live: LiveReader,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
    private readonly writer: SyncWriter,
  ) {}

  /**
   * Takes over what the last pull saw. Safe to repeat: what the catalogue has already gets no new version. Throws
   * {@link NotAdoptableError} for items that are named and cannot be adopted; then nothing is changed.
   */
  async adopt(request: AdoptionRequest): Promise<AdoptionResult> {
    const { platform, environment, items } = request;
    const target = { platform, environment };
    this.platforms.at(target);
    const states = items ? await this.named(target, items) : (await this.live.ofTarget(target)).filter(isTheirs);
    const catalogue = await this.stateOf(platform, states);
    const first = states.map((item): Decided => ({ item, decision: decide(item, catalogue, request) }));
    const decided = await this.withoutForeign(platform, first);
    const left = decided.flatMap(({ item: { kind, typeKey }, decision }) =>
      isDone(decision) ? [] : [{ kind, typeKey, why: decision }],
    );
    if (items && left.length > 0) throw new NotAdoptableError(target, left);
    const adopted: ContentTypeVersion[] = [];
    const toAdopt = decided.filter(({ decision }) => decision === 'adopt').map(({ item }) => item);
    for (let from = 0; from < toAdopt.length; from += ADOPTED_AT_ONCE) {
      adopted.push(...(await this.commit(request, toAdopt.slice(from, from + ADOPTED_AT_ONCE))));
    }
    const retired = decided.filter(({ decision }) => decision === 'retire').map(({ item }) => item);
    for (const { kind, typeKey } of retired) {
      await this.catalogue.retire({ platform, kind, typeKey }, request).catch((error: unknown) => {
        // Somebody else was faster: the content type is retired, as was asked.
        if (!(error instanceof AlreadyRetiredError)) throw error;
      });
    }
    // Only now: until then it counts as drift, so that an adoption that broke off is finished by repeating it.
    const done = decided.filter(({ item, decision }) => (decision === 'same' ? isDrift(item) : isDone(decision)));
    await this.writer.recordAdoptions(done.map(({ item }) => adoptionOf(item, request)));
    return { adopted, retired: retired.map(({ kind, typeKey }) => ({ kind, typeKey })), left };
  }

  private async named(target: Target, items: AdoptedItem[]): Promise<State[]> {
    const refs = items.map(({ kind = DEFAULT_KIND, typeKey, versionHash }) => ({ kind, typeKey, versionHash }));
    const states = await this.live.of(target, refs);
    const wrong = refs.flatMap(({ kind, typeKey, versionHash }): LeftItem[] => {
      const state = states.get(refKey({ kind, typeKey }));
      if (!state) return [{ kind, typeKey, why: 'unknown' }];
      const isOther = versionHash !== undefined && versionHash !== state.versionHash;
      return isOther ? [{ kind, typeKey, why: 'moved' }] : [];
    });
    if (wrong.length > 0) throw new NotAdoptableError(target, wrong);
    return [...states.values()];
  }

  private async stateOf(platform: string, states: State[]): Promise<CatalogueState> {
    const refs = states.map(({ kind, typeKey }) => ({ kind, typeKey }));
    const latest = await this.versions.catalogue(platform, refs);
    return {
      latest: new Map(latest.map((version) => [refKey(version), version])),
      retired: new Set((await this.catalogue.retired(platform)).keys()),
    };
  }

  /** What cannot be adopted for its content: the platform's own items, what has lost its secrets, and what is no version. */
  private async withoutForeign(platform: string, decided: Decided[]): Promise<Decided[]> {
    const { isBuiltIn } = this.platforms.model(platform);
    const why = new Map<string, LeftItem['why']>();
    const candidates = decided.filter(({ decision }) => decision === 'adopt').map(({ item }) => item);
    for (let from = 0; from < candidates.length; from += ADOPTED_AT_ONCE) {
      const items = candidates.slice(from, from + ADOPTED_AT_ONCE);
      for (const item of items) why.set(refKey(item), 'unknown');
      for (const found of await this.definitions(platform, items)) {
        if (isBuiltIn?.(found, found.definition)) why.set(refKey(found), 'built-in');
        else if ((await marksOf(found.definition)).count > 0) why.set(refKey(found), 'redacted');
        else why.delete(refKey(found));
      }
    }
    return decided.map(({ item, decision }) => ({
      item,
      decision: decision === 'adopt' ? (why.get(refKey(item)) ?? decision) : decision,
    }));
  }

  private async definitions(platform: string, items: State[]): Promise<Definition[]> {
    const named = items.map(({ kind, typeKey, versionHash }) => ({ kind, typeKey, versionHash: versionHash! }));
    return this.versions.definitions(await this.versions.byHashes(platform, named));
  }

  private async commit(
    { actor, reason, platform, environment }: AdoptionRequest,
    items: State[],
  ): Promise<ContentTypeVersion[]> {
    const definitions = await this.definitions(platform, items);
    const message = `Adopted from ${platform} "${environment}": ${reason}`;
    const commits = definitions.map((definition) => {
      return { ...definition, origin: 'AUTHORED' as const, author: actor, message };
    });
    return (await this.versions.commit(commits)).map(({ version }) => version);
  }
}

/** Somebody changed it there, or nobody ever sent it from here. What a removal of ours left behind is nobody's. */
function isTheirs(item: State): boolean {
  return isDrift(item) || (item.putHash === null && item.evidence === 'OBSERVED' && item.state !== 'ABSENT');
}

function decide(item: State, { latest: versions, retired }: CatalogueState, request: AdoptionRequest): Decision {
  const { state, versionHash, putHash } = item;
  const latest = versions.get(refKey(item))?.versionHash;
  const isRetired = retired.has(refKey(item));
  if (state === 'UNKNOWN') return 'unknown';
  if (state === 'ABSENT') {
    if (latest === undefined || isRetired) return 'same';
    return request.includeRemoved ? 'retire' : 'removed';
  }
  if (versionHash === null) return 'unknown';
  if (versionHash === latest) return 'same';
  if (isRetired) return 'retired';
  // The catalogue went on since it was last sent there: what stands there would replace newer work.
  const isBehind = latest !== undefined && putHash !== null && putHash !== latest;
  return isBehind && !request.includeNewer ? 'newer' : 'adopt';
}

function isDone(decision: Decision): decision is 'same' | 'adopt' | 'retire' {
  return decision === 'same' || decision === 'adopt' || decision === 'retire';
}

function adoptionOf({ syncId, versionHash: held }: State, { actor, reason }: AdoptionRequest): Adoption {
  return { syncId, held, actor, reason };
}
