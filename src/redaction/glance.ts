import { mayHaveSecrets } from './may-have-secrets.ts';
import type { SecretNames } from './secret-names.ts';

/** Characters that are looked through in one go; most content is smaller. */
export const SMALL = 65_536;
const MAX_DEPTH = 60;
/** Beside its name and value. */
const MEMBER = 4;

/** Looks whether a small value is clean, as most are. */
export class Glance {
  private left = SMALL;

  constructor(private readonly names: SecretNames) {}

  isClean(value: unknown, depth = MAX_DEPTH): boolean {
    if (typeof value === 'string') return (this.left -= value.length) >= 0 && !mayHaveSecrets(value);
    if (typeof value !== 'object' || value === null) return true;
    if (depth === 0) return false;
    if (Array.isArray(value)) {
      if ((this.left -= value.length * MEMBER) < 0) return false;
      for (const element of value) if (!this.isClean(element, depth - 1)) return false;
      return true;
    }
    if (!isPlain(value)) return true;
    for (const name in value) {
      const member = value[name];
      const kind = this.names.kindOf(name);
      this.left -= name.length + MEMBER;
      if (this.left < 0 || kind.mayHaveSecrets) return false;
      // Then all is looked at closely.
      if (kind.secrecy !== 'none' && isSecretHolder(member)) return false;
      if (name === 'value' && typeof member === 'string' && this.isNamed(value)) return false;
      if (!this.isClean(member, depth - 1)) return false;
    }
    return true;
  }

  private isNamed(object: Record<string, unknown>): boolean {
    return nameIn(object, this.names) !== undefined;
  }
}

/** Whether what stands under a secret name may be a secret. */
function isSecretHolder(member: unknown): boolean {
  return typeof member === 'string' || typeof member === 'number' || Array.isArray(member);
}

/** The secret name that an object has as a text beside its value, as a header or a variable of a list has. */
export function nameIn(object: object, names: SecretNames): string | undefined {
  const { name, key, header, value } = object as Record<string, unknown>;
  if (typeof value !== 'string') return undefined;
  return [name, key, header].find((one): one is string => typeof one === 'string' && names.of(one) !== 'none');
}

/** An object without a class; that of another realm has a prototype of its own. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
