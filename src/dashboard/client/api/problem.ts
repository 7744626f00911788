/** What a person is told of a request that failed, and by which code support finds it. */
export interface Trouble {
  title: string;
  detail: string;
  code: string | null;
}

/** Reads a problem document (RFC 9457), or the error of a request that got no answer. */
export function troubleOf(error: unknown): Trouble {
  const { title, detail, code } = (error ?? {}) as Partial<Record<keyof Trouble, string>>;
  if (code !== undefined) return { title: title ?? 'It did not work', detail: detail ?? '', code };
  return {
    title: 'The service does not answer',
    detail: 'What you see may be old. The page tries again by itself; if it stays so, see whether the service runs.',
    code: null,
  };
}
