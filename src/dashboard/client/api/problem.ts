/** What a person is told of a request that failed, and by which code support finds it. */
export interface ErrorText {
  title: string;
  detail: string;
  code: string | null;
}

/** Reads a problem document (RFC 9457), or the error of a request that got no answer. */
export function errorTextOf(error: unknown): ErrorText {
  const { title, detail, code } = (error ?? {}) as Partial<Record<keyof ErrorText, string>>;
  if (code !== undefined) return { title: title ?? 'The request failed', detail: detail ?? '', code };
  return {
    title: 'The service does not answer',
    detail: 'The page may show old data. It tries again by itself. If this message stays, check that the service runs.',
    code: null,
  };
}
