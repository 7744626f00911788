import type { Json, JsonObject } from '#json';
import type { RedactedNames } from '../tracking-options.ts';

/** What a change means to content that exists: `breaking` may lose or invalidate it, `cosmetic` does not touch it. */
export type Impact = 'additive' | 'breaking' | 'cosmetic';

/** One change between two definitions of an item. */
export interface DefinitionChange {
  change: 'added' | 'removed' | 'modified';
  /** The names that lead to its place, from the root on; none for the whole definition. */
  names: string[];
  before?: Json;
  after?: Json;
}

/** An item by its key, which is unique within its kind. */
export interface ItemRef {
  kind: string;
  typeKey: string;
}

/** A definition of an export file. */
export interface ExportedItem extends ItemRef {
  /** Where it stands in the file, such as `schemas[3]`. */
  place: string;
  definition: JsonObject;
}

/** What is wrong at one place of an export file; an empty place is the whole file. */
export interface ExportProblem {
  place: string;
  /** Completes the sentence that the place begins: `must be a list`. */
  problem: string;
}

/** An export file that can be read. */
export interface ExportContent {
  /** The number of entries, known before any of them is read. */
  count: number;
  /** In the order in which the platform applies them. */
  entries: Iterable<ExportedItem | ExportProblem>;
  /** Members of the file that hold no definitions. */
  ignored: string[];
}

/** What others must know of the content of a platform and cannot guess. Pure: no I/O, and no argument is changed. */
export interface PlatformModel {
  /** The kinds of items, in the order in which the platform applies them. A platform without kinds takes any. */
  readonly kinds?: readonly string[];
  /** Items that one call may push at the most; without it a deployment is one call. */
  readonly itemsPerCall?: number;
  /** Members at the top of a definition that only the server sets. They do not count in a version. */
  readonly serverSet: ReadonlySet<string>;
  /** The member of a definition that repeats its key; left out where a definition does not name itself. */
  readonly keyMember?: string;
  /** Members that tell the objects of a list apart, the first that fits. Without one, they go by their index. */
  readonly elementKeys: readonly string[];
  /** Reads the platform's own export file. */
  readonly readExport: (document: Json) => ExportContent | ExportProblem;
  /**
   * Makes the platform's own export file of items, such that {@link readExport} gives them back. It puts each definition into the
   * file as it is, and does not look into it: stand-ins are given, because a whole model may not fit into memory.
   */
  readonly writeExport: (items: (ItemRef & { definition: JsonObject })[]) => JsonObject;
  /** What a change means; `before` is the whole definition that it starts from. In doubt it is `breaking`. */
  readonly impactOf: (change: DefinitionChange, before: JsonObject | null) => Impact;
  /** The other items that a definition refers to, each once, without those that every instance has. */
  readonly references: (definition: JsonObject, kind: string) => ItemRef[];
  /** Fields that this model does not know, as JSON Pointers (RFC 6901). They stay in the version, are sent and are named. */
  readonly unknownFields: (definition: JsonObject, kind: string) => string[];
  /** Whether an item belongs to the platform itself: a deployment leaves it out. */
  readonly isBuiltIn?: (item: ItemRef, definition: JsonObject) => boolean;
  /** Names of members of this platform's content and answers whose values are secret, or only look so. */
  readonly redaction?: RedactedNames;
}
