import type { ModuleMetadata, Type } from '@nestjs/common';
import type { Json, JsonObject } from '#json';
import type { ItemRef, PlatformAdapter } from '#platform';
import type { Answer, Received } from '../support/hostile-platform.ts';

/** An item in our terms. */
export interface OurItem extends ItemRef {
  definition: JsonObject;
}

/** An item as the platform has it. */
export interface PlatformItem extends ItemRef {
  payload: Json;
}

/** What the suite must know of a platform to speak its part. */
export interface PlatformHarness {
  adapter: Type<PlatformAdapter>;
  environment: string;
  /** What an application lists to install the adapter, with a deadline of about a second for each call. */
  install: (url: string) => Pick<ModuleMetadata, 'imports' | 'providers'>;
  /** What the adapter authenticates with. */
  credentials: string[];
  /** At least three items that the platform takes. Their definitions say nothing that the platform says by default. */
  items: OurItem[];
  /** What a push has sent. */
  sentIn: (request: Received) => PlatformItem[];
  /** What the platform makes of a payload: it fills in its defaults and what only a server sets. */
  filled: (payload: JsonObject, kind: string) => JsonObject;
  /** What somebody changes on the platform by hand: members that its model knows; any by default. */
  edit?: JsonObject;
  answers: {
    /** It took all. */
    accepted: (items: ItemRef[]) => Answer;
    /** It took all but one. */
    refused: (items: ItemRef[], refused: ItemRef) => Answer;
    /** It took all but one, of which it says nothing. */
    silentOn: (items: ItemRef[], left: ItemRef) => Answer;
    /** It holds these; a pull is answered so. */
    holding: (items: PlatformItem[]) => Answer;
  };
  /** Of an adapter with `remove`. */
  removal?: {
    /** What a request asks the platform to delete; nothing where it asks for something else. */
    askedIn: (request: Received) => ItemRef[];
    /** It has deleted what the request names, but the item that it refuses to. */
    deleted: (refused?: ItemRef) => Answer;
    /** It had nothing of what the request names. */
    gone: Answer;
  };
  /** The platform's own export file with these items, if it has such files. */
  exportFile?: (items: PlatformItem[]) => Json;
}
