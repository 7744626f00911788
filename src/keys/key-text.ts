import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'synctrail_';
const SECRET_BYTES = 32;
const CHECKSUM_LENGTH = 6;
/** Characters of the secret that lists show, so that a person tells keys apart. */
const SHOWN = 4;
const FORM = /^synctrail_([\w-]{43})([0-9a-z]{6})$/;

/** A new key: a prefix that secret scanners find, 256 random bits, and a checksum. */
export function newKeyText(): string {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return `${PREFIX}${secret}${checksumOf(secret)}`;
}

/** Whether a text is meant as a key. */
export function isKeyShaped(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Whether a text has the form of a key and its checksum is right. */
export function isKeyText(text: string): boolean {
  const [, secret, checksum] = FORM.exec(text) ?? [];
  return secret !== undefined && checksum === checksumOf(secret);
}

/** What is kept of a key: it has 256 random bits, so nobody finds it from its hash. */
export function keyHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The beginning of a key, which is no secret. */
export function keyHint(text: string): string {
  return text.slice(0, PREFIX.length + SHOWN);
}

function checksumOf(secret: string): string {
  return crc32(secret).toString(36).padStart(CHECKSUM_LENGTH, '0').slice(-CHECKSUM_LENGTH);
}
