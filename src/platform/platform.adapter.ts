import type { Json, JsonObject } from '#json';
import type { ItemRef, PlatformModel } from './platform.model.ts';

/** What is synchronised: a JSON definition; its key is `typeKey` of the item that carries it. */
export type ContentType = JsonObject;

/** Where something is sent: a platform, and one instance of it. */
export interface Target {
  platform: string;
  environment: string;
}

/** Where an environment of a platform is, as far as that is no secret: frozen on each sync that goes there. */
export interface Destination {
  /** Its address, without user and password: `https://api.cms.optimizely.com`. */
  address?: string;
  /** Who the service is there: a client id, the id of a space. */
  account?: string;
}

/** One instance of a platform. */
export interface PlatformEnvironment extends Destination {
  name: string;
}

/** How a sync came about. */
export const TRIGGERS = ['API', 'CLI', 'SCHEDULE', 'DEPLOYMENT', 'ROLLBACK', 'REPLAY', 'PROMOTION'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** What is known of a caller beside the actor. */
export interface RecordedCaller {
  /** Who was authenticated, as `key:019a5f0e-…`; without it, the actor is a claim. */
  principal?: string;
  /** User or system that the actor acts for, as it says. */
  onBehalfOf?: string;
  /** Program of the caller, as it says: `ui`, `cli`, or a name of its own. */
  client?: string;
}

/** Who asked for a call, how and why, and for which instance of the platform. */
export interface SyncContext {
  /** One instance of the platform: `production`, `staging`; `default` by default. */
  environment: string;
  actor: string;
  caller?: RecordedCaller;
  trigger: Trigger;
  reason?: string;
  deploymentId?: string;
  /** A UUID by which the caller finds the syncs of this call; a new one by default. */
  callId?: string;
  /** Apply changes that lose data. */
  force?: boolean;
  /** A question of the service itself: it has one attempt, also where the circuit is open. */
  isReadBack?: true;
  metadata?: JsonObject;
  /** Asked right before each attempt leaves: whether the caller still wants it. It does by default. */
  isWanted?: () => Promise<boolean>;
}

export interface SyncItem {
  typeKey: string;
  /** What `typeKey` names; `contentType` by default. */
  kind?: string;
  /** The definition in our terms. A pull and a removal have none. */
  data?: Json;
  /** The version that `data` is, when it is known already. */
  versionHash?: string;
  /** A UUIDv7 by which the caller finds the sync; a new one by default. */
  syncId?: string;
  /** The sync whose content is sent again. */
  replayOf?: string;
}

/** One call to a platform, for one or many content types. A pull without items asks for everything. */
export interface SyncCall {
  items: SyncItem[];
  context: SyncContext;
}

/** Why an item failed; `code` is ours and stable, `message` may quote the platform. */
export interface SyncFailure {
  code: string;
  message: string;
}

/** An item as it stands in the record. */
export interface RecordedItem extends SyncItem {
  /** Exactly what was recorded as sent: the adapter sends this and nothing else. A pull and a removal have none. */
  payload?: Json;
}

/** A call that stands in the record: what an adapter's method with `@TrackSync` gets. */
export interface RecordedCall extends SyncCall {
  items: RecordedItem[];
  /**
   * Ask right before bytes leave, above all where calls wait for their turn. Throws `InterruptedError` when others have
   * settled the syncs meanwhile, and a `PlatformError` with code CIRCUIT_OPEN when the platform has failed meanwhile.
   */
  permit: () => Promise<void>;
}

export const FINAL_STATUSES = ['SUCCESS', 'FAILED', 'PARTIAL'] as const;
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/** What is known of the effect of a push, beside its status. */
export const OUTCOMES = ['APPLIED', 'NOT_APPLIED', 'PARTLY_APPLIED', 'UNKNOWN'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface SyncAnswerItem {
  typeKey: string;
  kind?: string;
  status: FinalStatus;
  /**
   * What is known of the effect of a push; by default what the status says. `UNKNOWN` has the platform read back: say so
   * where the answer does not prove what became of the item.
   */
  outcome?: Outcome;
  /** What was pulled, in our terms. */
  data?: Json;
  /** Fields that the adapter does not know and leaves out of what was pulled, as JSON Pointers (RFC 6901). */
  unknownFields?: string[];
  /** Who changed last what was pulled, as the platform says. */
  changedBy?: string;
  /** When that was, in ISO 8601. */
  changedAt?: string;
  error?: SyncFailure;
  /** What came back for this item alone, where it was sent by itself; what the whole answer says by default. */
  statusCode?: number;
  requestId?: string;
  body?: Json;
  /** Remembered of this item beside the metadata of the answer. No secrets. */
  metadata?: JsonObject;
}

/** What came back from a platform; only what it proved is SUCCESS. */
export interface SyncAnswer {
  statusCode?: number;
  requestId?: string;
  /** The raw body; kept as the response snapshot. */
  body?: Json;
  items: SyncAnswerItem[];
  /** What the adapter wants remembered of the exchange, such as the timing of each HTTP call. No secrets. */
  metadata?: JsonObject;
}

/** The contract of a platform. `push`, `pull` and `remove` carry `@TrackSync`, which hands them a {@link RecordedCall}. */
export interface PlatformAdapter {
  /** What others must know of its content; without it, that of `DEFAULT_MODEL`. */
  readonly model?: PlatformModel;
  /** What the platform would be sent for this content type: pure, no I/O. */
  toPlatform(definition: ContentType, kind?: string): Json;
  /** What the platform holds, in our terms: server-set fields and filled-in defaults removed, so that push then pull gives the same hash. */
  fromPlatform(payload: Json, kind?: string): ContentType;
  /** Sends the items, and answers for each. */
  push(call: SyncCall): Promise<SyncAnswer>;
  /**
   * Reads the items, or everything when there are none: then what is not among them is not there. One that was asked for
   * and is not there is an item that FAILED with code NOT_FOUND, not an error.
   */
  pull(call: SyncCall): Promise<SyncAnswer>;
  /**
   * Deletes the items, for platforms that can; carries `@TrackSync({ direction: 'PUSH', removes: true })`. The items have no
   * data. An item is a SUCCESS when the platform does not have it any more, also where it was gone before.
   */
  remove?(call: SyncCall): Promise<SyncAnswer>;
  /** The environments it is configured for; without it any name is passed through. */
  environments?(): PlatformEnvironment[];
}

export const DEFAULT_KIND = 'contentType';
export const DEFAULT_ENVIRONMENT = 'default';

/** Kind and key of an item, with the kind that it has by default. */
export function itemRef({ typeKey, kind = DEFAULT_KIND }: { typeKey: string; kind?: string }): ItemRef {
  return { kind, typeKey };
}
