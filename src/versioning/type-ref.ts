import type { ItemRef } from '#platform';

/** A content type by its key, which is unique within its kind and platform. */
export interface TypeRef extends ItemRef {
  platform: string;
}

/** The same without what else an object says. */
export function typeRef({ platform, kind, typeKey }: TypeRef): TypeRef {
  return { platform, kind, typeKey };
}

/** One string for a kind and key of one platform; a key may hold any character, so it is encoded. */
export function refKey({ kind, typeKey }: ItemRef): string {
  return JSON.stringify([kind, typeKey]);
}

/** The same for content types of several platforms. */
export function typeRefKey({ platform, kind, typeKey }: TypeRef): string {
  return JSON.stringify([platform, kind, typeKey]);
}
