import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import { newId, partsOf } from '#journal';
import { isJsonObject, type Json, type JsonObject } from '#json';
import { TimeSlice } from '#pace';
import { DEFAULT_KIND, type Destination, type Outcome, PlatformRegistry, type SyncContext } from '#platform';
import { type RedactedNames, Redaction } from '#redaction';
import { type PreparedSnapshot, SnapshotService } from '#snapshot';
import { ContentTypeHasher, VersionHistoryService } from '#versioning';
import { storableJson, storableText } from '../storable-text.ts';
import { Admission } from './admission.ts';
import { errorFingerprint } from './error-fingerprint.ts';
import { Heartbeat } from './heartbeat.ts';
import { RemovedVersionError, SyncNotFoundError, SyncSettledError } from './recording.errors.ts';
import { type PreparedResponse, prepareResponse } from './prepared-response.ts';
import { SyncReader } from './sync.reader.ts';
import { startWeight, SyncRecorder } from './sync.recorder.ts';
import { assertStorable } from './storable-values.ts';
import { FINISH_COLUMNS, recordedData, settledData, START_COLUMNS } from './sync-columns.ts';
import type { FinishRow, OutcomeRow, Settlement, StartRow, SyncState } from './sync-rows.ts';
import {
  assertNames,
  type Direction,
  type Evidence,
  type FailedAttempt,
  MAX_LATE_RESULTS,
  type NewSync,
  OUTCOME_OF,
  type RecordedSync,
  storableContext,
  storableError,
  storableRequestId,
  storableTime,
  type SyncEventType,
  type SyncResult,
  wholeDuration,
} from './sync.ts';

const FINISHED: Record<SyncResult['status'], SyncEventType> = {
  SUCCESS: 'sync.succeeded',
  FAILED: 'sync.failed',
  PARTIAL: 'sync.partial',
};

/** As long as an actor. */
const MAX_CHANGED_BY = 255;
const MAX_ADDRESS = 2_000;
const MAX_ACCOUNT = 255;
/** Names content as it is given, secrets included. */
const PLAIN_HASHER = new ContentTypeHasher();
const KEPT = 'the late result was kept as an event';
const NOT_KEPT = `${MAX_LATE_RESULTS} late results are already kept as events, so this one was not kept`;

/** Throws an error that says which sync is wrong. */
type Refusal = (error: unknown, index: number) => never;

const rethrow: Refusal = (error) => {
  throw error;
};

/** Writes what syncs were and what came of them. Every write resolves after its commit. */
@Injectable()
export class SyncWriter {
  constructor(
    private readonly em: EntityManager,
    private readonly recorder: SyncRecorder,
    private readonly heartbeat: Heartbeat,
    private readonly admission: Admission,
    private readonly reader: SyncReader,
    private readonly snapshots: SnapshotService,
    private readonly hasher: ContentTypeHasher,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly redaction: Redaction,
  ) {}

  /** Records syncs as IN_PROGRESS, with their versions and snapshots, in one transaction. Throws `RecordingUnavailableError`, `ShuttingDownError` and `ClockSkewError`. */
  async record(syncs: NewSync[]): Promise<RecordedSync[]> {
    return this.recordPrepared(await this.prepareAll(syncs));
  }

  /**
   * Syncs ready to be recorded. Throws `ShuttingDownError`, `ClockSkewError`, and as {@link prepare} does, or what `refuse` makes
   * of that error and the index of its sync.
   */
  async prepareAll(syncs: NewSync[], refuse?: Refusal): Promise<StartRow[]> {
    this.admission.assertOpen();
    return await this.prepareEach(syncs, refuse);
  }

  /** Records what a call has brought that is under way: also while this process stops. */
  async recordReceived(syncs: NewSync[]): Promise<RecordedSync[]> {
    return this.recordPrepared(await this.prepareEach(syncs));
  }

  /** A sync ready to be recorded. Throws `InvalidNameError`, `InvalidTimeError`, `NotJsonError` and `SnapshotTooLargeError`. */
  async prepare(sync: NewSync): Promise<StartRow> {
    const { typeKey, kind = DEFAULT_KIND, platform, direction, result, context: given } = sync;
    const removal: true | null = direction === 'PUSH' && sync.removal ? true : null;
    const { data, payload = data, versionHash: givenHash, pushedDigest: givenDigest }: Contents = removal ? {} : sync;
    const isExternal = sync.expiresInMs !== undefined;
    const startedAt = isExternal ? sync.startedAt : undefined;
    const ended = this.admission.withTimes(startedAt, result);
    // The time in the id puts the sync into the month of its start.
    const { id = newId(startedAt) } = sync;
    assertNames({ platform, environment: given.environment, kind, typeKey, versionHash: givenHash });
    await this.redaction.ready();
    const { redaction } = this.platforms.model(platform);
    const sent = payload === undefined ? undefined : await this.snapshots.prepare(payload, redaction);
    const known = result?.versionHash ?? givenHash;
    // What is sent as it is defined is prepared once; what has its hash already, only as it is sent. Another system may
    // name a version that its data is, or is not.
    let definition: PreparedSnapshot | undefined;
    if ((known === undefined || isExternal) && data !== undefined)
      definition = data === payload ? sent : await this.snapshots.prepare(data, redaction);
    const computed = definition ? await this.hashOf(data!, definition, platform) : null;
    const versionHash = (await this.namesItself(known, data, definition, platform)) ? computed : (known ?? computed);
    // What is pulled is the platform's, not a version of ours; what is no object is no definition.
    const isNew = definition !== undefined && versionHash === computed && direction === 'PUSH' && isJsonObject(data!);
    const snapshots = [sent, isNew ? definition : undefined].filter((snapshot) => snapshot !== undefined);
    const [pushed, received] = direction === 'PUSH' ? [sent, undefined] : [undefined, sent];
    const pushedDigest = direction === 'PUSH' ? (givenDigest ?? pushed?.digest ?? null) : null;
    const finish = ended
      ? await this.finishRow({
          ...outcomeOf(direction, ended),
          ...{ id, typeKey, platform, eventId: sync.eventIds?.finished },
        })
      : null;
    const context = storableContext(this.withoutSecrets(given, redaction), finish?.metadata);
    const row = {
      ...{
        id,
        mayExist: sync.id !== undefined,
        callId: sync.callId ?? newId(),
        kind,
        typeKey,
        versionHash,
        platform,
        destination: isExternal ? {} : this.destinationOf(platform, context.environment),
        direction,
        removal,
        context,
        pushedDigest,
        pushedRedactions: pushed?.redactions ?? null,
      },
      namesVersion: versionHash !== computed,
      replayOf: sync.replayOf ?? null,
      owner: isExternal ? null : this.heartbeat.owner,
      external:
        sync.expiresInMs === undefined
          ? null
          : {
              ...{ expiresInMs: sync.expiresInMs, startedAt: startedAt?.toISOString() ?? null, finish },
              ...{ receivedDigest: received?.digest ?? null, receivedRedactions: received?.redactions ?? null },
            },
      takesTurn: direction === 'PUSH' && sync.takesTurn === true,
      snapshots,
      ...(isNew && { newVersion: definition }),
    };
    assertStorable(START_COLUMNS, row);
    const event = { id: sync.eventIds?.recorded ?? newId(), syncId: id, type: 'sync.recorded' as const };
    return { ...row, event: { ...event, data: recordedData(row) } };
  }

  private async prepareEach(syncs: NewSync[], refuse: Refusal = rethrow): Promise<StartRow[]> {
    const rows: StartRow[] = [];
    const slice = new TimeSlice();
    for (const [index, sync] of syncs.entries()) {
      if (slice.isOver) await slice.giveWay();
      rows.push(await this.prepare(sync).catch((error: unknown) => refuse(error, index)));
    }
    return rows;
  }

  private destinationOf(platform: string, environment: string): Destination {
    const { address, account } = this.platforms.destination({ platform, environment });
    return {
      address: storableText(this.redaction.text(address), MAX_ADDRESS) || undefined,
      account: storableText(this.redaction.text(account), MAX_ACCOUNT) || undefined,
    };
  }

  /** The rows of one call in parts that are recorded one after another, so that others record between them. */
  inParts(rows: StartRow[]): Iterable<StartRow[]> {
    // Ids that a caller chose are another's, or new, all together.
    return rows.some(({ mayExist }) => mayExist) ? [rows] : partsOf(rows, startWeight);
  }

  /** Records what was prepared, in one transaction. */
  async recordPrepared(rows: StartRow[]): Promise<RecordedSync[]> {
    const turns = await this.recorder.start(rows);
    return rows.map(({ id, callId, typeKey, kind, versionHash }, index) => {
      return { id, callId, typeKey, kind, versionHash, hasTurn: turns[index]! };
    });
  }

  /**
   * Records a try that failed, for every sync of the call; false when one of them is settled already. With `givesTurn`
   * others may push the items while the call waits.
   */
  async recordFailedAttempt(syncIds: string[], failed: FailedAttempt, givesTurn = false): Promise<boolean> {
    const { error, waitMs, metadata, ...rest } = failed;
    const names = this.namesOf(syncIds[0] === undefined ? undefined : this.recorder.begun(syncIds[0])?.platform);
    const kept = this.redaction.metadata(metadata, names);
    const data = compact({
      ...storableJson({ ...rest, metadata: kept }),
      ...storableError(this.redaction.failure(error)),
      waitMs,
    });
    return this.recorder.attemptsFailed(
      syncIds.map((id) => ({
        id,
        givesTurn,
        event: { id: newId(), syncId: id, type: 'attempt.failed', data },
      })),
    );
  }

  /**
   * Settles a sync; the answer is its state, unless nobody else could have settled it. Waits for the database however long it
   * is away. Throws {@link SyncNotFoundError}, and {@link SyncSettledError} when it was settled before; the first late results
   * that differ are kept as events.
   */
  async settle(syncId: string, result: SyncResult, eventId?: string): Promise<SyncState | undefined> {
    const [{ applied, known, kept, state }] = (await this.write([{ ...result, id: syncId, eventId }])) as [Settlement];
    if (!known) throw new SyncNotFoundError(syncId);
    if (applied) return state;
    throw new SyncSettledError(syncId, state!.syncStatus, kept ? KEPT : NOT_KEPT);
  }

  /** Settles many, part by part; results that come late are kept as events. The key spares us to look it up. */
  async settleAll(results: (SyncResult & { id: string; typeKey?: string; platform?: string })[]): Promise<void> {
    await this.write(results);
  }

  /** Records what became known of the effects of settled pushes; what is no longer unknown stays as it is. */
  async recordOutcomes(learned: LearnedOutcome[]): Promise<void> {
    const rows = learned.map(({ id, outcome, evidence, readBackCallId }): OutcomeRow => {
      const data = compact({ outcome, evidence, readBackCallId });
      return { id, outcome, evidence, event: { id: newId(), syncId: id, type: 'sync.outcome_known', data } };
    });
    if (rows.length > 0) await this.recorder.outcomesKnown(rows);
  }

  /** Whether all of these are still in progress, under this process. */
  async areOpen(syncIds: string[]): Promise<boolean> {
    const { rows } = await query<{ open: number }>(
      this.em,
      `select count(*)::integer as open from sync_history
       where id = any($1::uuid[]) and sync_status = 'IN_PROGRESS' and owner = $2`,
      [syncIds, this.heartbeat.owner],
    );
    return rows[0]!.open === syncIds.length;
  }

  /**
   * Says which version a sync carried. Throws {@link SyncNotFoundError}, `VersionNotFoundError`, {@link RemovedVersionError},
   * and {@link SyncSettledError} when it was settled with another version.
   */
  async linkToVersion(syncId: string, versionHash: string, eventId = newId()): Promise<void> {
    const { removal, syncStatus, versionHash: before, ...sync } = await this.reader.get(syncId);
    if (removal) throw new RemovedVersionError(syncId);
    const { targetPlatform: platform, kind, typeKey } = sync;
    if (versionHash !== before) await this.versions.byHash({ platform, kind, typeKey }, versionHash);
    const event = { id: eventId, syncId, type: 'sync.version_linked' as const, data: { versionHash } };
    const linked = await this.recorder.linkVersion(event, versionHash);
    if (linked === undefined) throw new SyncNotFoundError(syncId);
    if (!linked) throw new SyncSettledError(syncId, syncStatus, 'the version that it carried does not change');
  }

  /** Notes that what these syncs saw was adopted into the catalogue; a sync that is not there any more has no events. */
  async recordAdoptions(adoptions: Adoption[]): Promise<void> {
    const events = adoptions.map(({ syncId, reason, ...data }) => {
      const said = compact({ ...data, reason: this.redaction.text(reason) });
      return { id: newId(), syncId, type: 'sync.adopted' as const, data: said };
    });
    if (events.length > 0) await this.recorder.addEvents(events);
  }

  private hashOf(data: Json, snapshot: PreparedSnapshot, platform: string): Promise<string> | string {
    return isJsonObject(data) ? this.hasher.hashOf(data, snapshot, this.platforms.model(platform)) : snapshot.digest;
  }

  /** Whether a version is named by the hash of content with its secrets, which another system computes. */
  private async namesItself(
    versionHash: string | undefined,
    data: Json | undefined,
    definition: PreparedSnapshot | undefined,
    platform: string,
  ): Promise<boolean> {
    if (versionHash === undefined || !definition?.redactions || !isJsonObject(data)) return false;
    return versionHash === (await PLAIN_HASHER.hashOf(data, undefined, this.platforms.model(platform)));
  }

  private withoutSecrets(context: SyncContext, names: RedactedNames | undefined): SyncContext {
    const [actor, reason] = [this.redaction.text(context.actor), this.redaction.text(context.reason)];
    const caller = this.redaction.caller(context.caller);
    return { ...context, actor, reason, caller, metadata: this.redaction.metadata(context.metadata, names) };
  }

  private namesOf(platform: string | undefined): RedactedNames | undefined {
    return platform === undefined ? undefined : this.platforms.model(platform).redaction;
  }

  private async write(results: IdentifiedResult[]): Promise<Settlement[]> {
    const prepared = new Map<Json, PreparedResponse>();
    const rows: FinishRow[] = [];
    const slice = new TimeSlice();
    for (const result of await this.withNames(results)) {
      if (slice.isOver) await slice.giveWay();
      rows.push(await this.finishRow(result, prepared));
    }
    return this.recorder.finish(rows);
  }

  /**
   * An error is told apart from others without the key that it names, and what is secret depends on the platform, so both must
   * be known.
   */
  private async withNames(results: IdentifiedResult[]): Promise<IdentifiedResult[]> {
    const unknown = results.filter(
      ({ platform, typeKey, error, response, metadata }) =>
        (error && typeKey === undefined) || ((response ?? metadata) !== undefined && platform === undefined),
    );
    if (unknown.length === 0) return results;
    const names = await this.recorder.names(unknown.map(({ id }) => id));
    return results.map((result) => {
      const { typeKey, platform } = names.get(result.id) ?? {};
      return { ...result, typeKey: result.typeKey ?? typeKey, platform: result.platform ?? platform };
    });
  }

  private async finishRow(result: IdentifiedResult, prepared = new Map<Json, PreparedResponse>()): Promise<FinishRow> {
    const names = this.namesOf(result.platform);
    const { snapshot, note } = await prepareResponse(this.snapshots, result.response, prepared, names);
    const { readSince, ...observation } = result.observation ?? {};
    const seen = { ...compact({ ...observation }), ...result.resolution };
    const given = this.redaction.metadata({ ...result.metadata, ...note }, names);
    const metadata: JsonObject = storableJson({ ...given, ...seen });
    assertNames({ versionHash: result.versionHash });
    const { errorCode, errorMessage } = storableError(this.redaction.failure(result.error));
    const { outcome = OUTCOME_OF[result.status] } = result;
    const isShown = outcome === null ? result.status === 'SUCCESS' : outcome !== 'UNKNOWN';
    const fields = {
      status: result.status,
      outcome,
      evidence: result.evidence === undefined && isShown ? 'REPORTED' : (result.evidence ?? null),
      statusCode: isHttpStatus(result.statusCode) ? result.statusCode : null,
      requestId: storableRequestId(this.redaction.text(result.requestId)),
      errorCode: errorCode ?? null,
      errorMessage: errorMessage ?? null,
      responseDigest: snapshot?.digest ?? null,
      responseRedactions: snapshot?.redactions ?? null,
      versionHash: result.versionHash ?? null,
      changedBy: storableText(this.redaction.text(result.changedBy), MAX_CHANGED_BY) || null,
      changedAt: storableTime(result.changedAt),
      retryCount: result.retryCount ?? null,
      durationMs: wholeDuration(result.durationMs),
      completedAt: result.completedAt?.toISOString() ?? null,
    };
    const row = {
      ...fields,
      id: result.id,
      errorFingerprint: errorFingerprint({ ...fields, typeKey: result.typeKey ?? null }),
      metadata: Object.keys(metadata).length > 0 ? metadata : null,
      snapshot,
    };
    assertStorable(FINISH_COLUMNS, row);
    const data = { status: result.status, ...settledData(row), ...seen, ...compact({ readSince }) };
    const event = { id: result.eventId ?? newId(), syncId: result.id, type: FINISHED[result.status], data };
    return { ...row, event };
  }
}

/** What became known of the effect of a settled push. */
export interface LearnedOutcome {
  id: string;
  outcome: Outcome;
  evidence: Evidence;
  /** The call whose syncs keep the answer. */
  readBackCallId?: string;
}

/** What somebody took over from a platform into the catalogue. */
export interface Adoption {
  /** The sync that saw it. */
  syncId: string;
  /** The version that stands there; null when nothing does. */
  held: string | null;
  actor: string;
  reason: string;
}

/** A pull changes nothing on the platform. */
export function outcomeOf(direction: Direction, result: SyncResult): SyncResult {
  return direction === 'PULL' ? { ...result, outcome: null } : result;
}

/** What a sync carries; a removal carries nothing. */
type Contents = Partial<Pick<NewSync, 'data' | 'payload' | 'versionHash' | 'pushedDigest'>>;

/** The result of a sync; `eventId` is that of the event that says so, a new one unless given. */
type IdentifiedResult = SyncResult & { id: string; typeKey?: string; platform?: string; eventId?: string };

function isHttpStatus(status: number | undefined): status is number {
  return Number.isInteger(status) && status! >= 0 && status! < 1_000;
}

/** Without the members that say nothing. */
function compact(data: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== undefined && value !== null),
  ) as JsonObject;
}
