import type { JsonObject } from '#json';
import type { PreparedSnapshot } from '#snapshot';
import type { Origin } from '#versioning';
import type { Entry } from '#journal';
import { isStorableJson, storableJson } from '../storable-text.ts';
import { versionOrigin } from './sync-rows.ts';
import type { AttemptRow, EventRow, FinishRow, OutcomeRow, StartRow } from './sync-rows.ts';

/** A snapshot that a step brings; its content begins at a byte of the entry's contents, unless it is stored already. */
export interface CarriedSnapshot extends Omit<PreparedSnapshot, 'content' | 'redactions'> {
  at?: number;
}

/** A version that may be new to the history. */
export interface CarriedVersion {
  versionHash: string;
  digest: string;
  origin: Origin;
}

interface Begun {
  /** Whether the caller chose its id: then it may be there already. */
  mayExist: boolean;
  owner: string | null;
  metadata: JsonObject | null;
  version: CarriedVersion | null;
  snapshots: CarriedSnapshot[];
  /** Of an external sync. */
  expiresInMs: number | null;
  /** The result of an external sync that is recorded afterwards. */
  end: End | null;
}

interface End {
  event: EventRow;
  metadata: JsonObject | null;
  snapshot: CarriedSnapshot | null;
}

/**
 * What happened to a sync, as the journal keeps it. The data of the event says most of it; beside it stands what no event
 * tells.
 */
export type SyncStep =
  | ({ step: 'start'; event: EventRow } & Begun)
  | { step: 'attempt'; event: EventRow }
  | ({ step: 'finish' } & End)
  | { step: 'outcome'; event: EventRow }
  | { step: 'link'; event: EventRow }
  | { step: 'adopt'; event: EventRow }
  | { step: 'extend'; syncId: string; expiresInMs: number };

export type StepRow =
  | { step: 'start'; row: StartRow }
  | { step: 'attempt'; row: AttemptRow }
  | { step: 'finish'; row: FinishRow }
  | { step: 'outcome'; row: OutcomeRow }
  | { step: 'link' | 'adopt'; row: { event: EventRow } }
  | { step: 'extend'; row: { syncId: string; expiresInMs: number } };

/** Bytes after which an entry takes no more steps: a round of the projector must not take long. */
const MAX_ENTRY = 1_000_000;

/** Puts steps into entries of the journal, each content once. */
export class StepPacker {
  private contents: Buffer[] = [];
  private size = 0;
  /** What came with this entry, and with those before it. */
  private readonly carried = new Map<string, CarriedSnapshot>();

  /** `isStored` tells digests whose content is stored already, `isKnown` versions that the history has. */
  constructor(
    private readonly isStored: (digest: string) => boolean,
    private readonly isKnown: (row: StartRow) => boolean,
    /** Whether the steps were appended before. */
    private readonly isRepeated = false,
  ) {}

  /** The digests of contents that came with the steps. */
  get digests(): Iterable<string> {
    return this.carried.keys();
  }

  /** In their order; each entry can be projected once those before it are. */
  pack(rows: StepRow[]): Entry[] {
    const entries: Entry[] = [];
    let steps: string[] = [];
    let length = 0;
    for (const row of rows) {
      if (length + this.size > MAX_ENTRY) {
        entries.push(this.take(steps));
        [steps, length] = [[], 0];
      }
      const step = storableStep(this.stepOf(row));
      steps.push(step);
      length += step.length;
    }
    return [...entries, this.take(steps)];
  }

  private take(steps: string[]): Entry {
    const contents = this.size > 0 ? Buffer.concat(this.contents, this.size) : null;
    // What stands in an entry before is stored for those after it.
    for (const [digest, { at: _at, ...snapshot }] of this.carried) this.carried.set(digest, snapshot);
    [this.contents, this.size] = [[], 0];
    return { steps: `[${steps.join(',')}]`, contents };
  }

  private stepOf(row: StepRow): SyncStep {
    switch (row.step) {
      case 'start':
        return this.startOf(row.row);
      case 'finish':
        return { step: 'finish', ...this.endOf(row.row) };
      case 'extend':
        return { step: 'extend', ...row.row };
      default:
        return { step: row.step, event: row.row.event };
    }
  }

  private startOf(row: StartRow): SyncStep {
    const { event, owner, context, external, newVersion, versionHash } = row;
    const version = newVersion && !this.isKnown(row);
    return {
      ...{ step: 'start', event, mayExist: row.mayExist || this.isRepeated, owner, metadata: context.metadata ?? null },
      version: version ? { versionHash: versionHash!, digest: newVersion.digest, origin: versionOrigin(row) } : null,
      snapshots: row.snapshots.map((snapshot) => this.carry(snapshot)),
      expiresInMs: external?.expiresInMs ?? null,
      end: external?.finish ? this.endOf(external.finish) : null,
    };
  }

  private endOf({ event, metadata, snapshot }: FinishRow): End {
    return { event, metadata, snapshot: snapshot && this.carry(snapshot) };
  }

  private carry({ content, redactions: _inEvent, ...snapshot }: PreparedSnapshot): CarriedSnapshot {
    const known = this.carried.get(snapshot.digest);
    if (known) return known;
    if (this.isStored(snapshot.digest)) return snapshot;
    const carried = { ...snapshot, at: this.size };
    this.contents.push(content);
    this.size += content.length;
    this.carried.set(snapshot.digest, carried);
    return carried;
  }
}

function storableStep(step: SyncStep): string {
  const text = JSON.stringify(step);
  return isStorableJson(text) ? text : JSON.stringify(storableJson(step));
}
