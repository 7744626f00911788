/** A content type, as the dashboard asks for it. */
export interface TypeRef {
  platform: string;
  kind: string;
  typeKey: string;
}

/** The address of the page of a content type. */
export function typePath({ platform, kind, typeKey }: TypeRef): string {
  return `/content-types/${encodeURIComponent(typeKey)}?${new URLSearchParams({ platform, kind })}`;
}
