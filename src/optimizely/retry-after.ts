const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d{2}:\d{2}:\d{2}/;

/** Milliseconds that a `Retry-After` header asks for, given in seconds or as an HTTP date; nonsense gives undefined. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return usable(Number(text) * 1000);
  return HTTP_DATE.test(text) ? usable(Math.max(0, Date.parse(text) - now)) : undefined;
}

const usable = (ms: number) => (Number.isSafeInteger(ms) ? ms : undefined);
