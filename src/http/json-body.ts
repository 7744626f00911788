import { BadRequestException } from '@nestjs/common';
import type { Json } from '#snapshot';

/** Nested lists and objects that a request body may have. */
export const DEEPEST = 200;
/** Bytes that a request body may have. */
export const BODY_LIMIT = 32 * 1024 * 1024;

/**
 * Parses a request body so that nothing in it is lost: own keys such as `__proto__` stay, and a number that a double
 * cannot hold exactly is refused instead of rounded. Too deep nesting is refused before it is parsed.
 */
export function parseBody(bytes: Uint8Array): Json {
  const text = decode(bytes);
  if (text.trim() === '') throw new BadRequestException('The request has an empty body: send JSON.');
  assertExact(text);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new BadRequestException(`The body is not JSON: ${(error as Error).message}`);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadRequestException('The body is not UTF-8.');
  }
}

/** One pass over the text, before anything recursive sees it. */
function assertExact(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > DEEPEST) throw new BadRequestException(`The body is nested deeper than ${DEEPEST} levels.`);
    } else if (character === ']' || character === '}') {
      depth -= 1;
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (!isExact(number)) {
        throw new BadRequestException(
          `The number ${number.slice(0, 60)} cannot be kept exactly: send it as a string, or with at most 15 digits.`,
        );
      }
      at = end - 1;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && '0123456789.eE+-'.includes(text[end]!)) end += 1;
  return end;
}

/** Whether a double that is read from the token is written with the same digits; up to 15 always are. */
function isExact(token: string): boolean {
  if (token.length <= 15 && !/e/i.test(token)) return true;
  return significant(token) === significant(String(Number(token)));
}

function significant(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().replace(/^-/, '').split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  return `${trimmed}e${trimmed === '' ? 0 : Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}
