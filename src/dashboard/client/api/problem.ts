/** What a person is told of a request that failed, and by which code support finds it. */
export interface ErrorText {
  title: string;
  detail: string;
  code: string | null;
}

/** A content type that a problem names, with what changed of it. */
export interface NamedItem {
  kind: string;
  typeKey: string;
  moved?: 'TARGET' | 'SOURCE';
  changedBy?: string | null;
}

const UNREAD =
  'The page may show old data. It tries again by itself. If this message stays, check that the service runs.';
const UNSENT = 'Nobody knows whether the request has arrived. Look before you send it again.';

/** Reads a problem document (RFC 9457), or the error of a request that got no answer. */
export function errorTextOf(error: unknown, isChange = false): ErrorText {
  const { title, detail, code } = (error ?? {}) as Partial<Record<keyof ErrorText, string>>;
  if (code !== undefined) return { title: title ?? 'The request failed', detail: detail ?? '', code };
  return { title: 'The service does not answer', detail: isChange ? UNSENT : UNREAD, code: null };
}

/** The content types that a problem names. */
export function itemsOf(error: unknown): NamedItem[] {
  const { items } = (error ?? {}) as { items?: unknown };
  return Array.isArray(items) ? items.filter((item): item is NamedItem => typeof item?.typeKey === 'string') : [];
}

/** A member of a problem that is a text, such as the id of a plan. */
export function memberOf(error: unknown, name: string): string | undefined {
  const value = (error as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : undefined;
}
