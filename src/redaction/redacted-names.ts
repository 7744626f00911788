import type { RedactedNames, RedactionOptions } from '../tracking-options.ts';

/** A name, after the platform that it counts for where it does not count for all. */
const ENTRY = /^(?:([^\s/,]{1,255})\/)?([^\s/,]{1,200})$/;

/** A name of a member, and the platform that it counts for; all by default. */
interface Entry {
  platform?: string;
  name: string;
}

/** The names of a list such as `iban,optimizely/tokenLabel`; undefined for what is none. */
export function readRedactedNames(list: string): Entry[] | undefined {
  const entries = list.split(',').map((entry): Entry | undefined => {
    const [, platform, name] = ENTRY.exec(entry.trim()) ?? [];
    return name === undefined || !/[A-Za-z0-9]/.test(name) ? undefined : { platform, name };
  });
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

/** The options that lists of names come to. */
export function redactionOptions({
  key,
  keys,
  except,
}: Partial<Record<'key' | 'keys' | 'except', string>>): RedactionOptions {
  const lists = { keys: read(keys), except: read(except) };
  const platforms = [...lists.keys, ...lists.except].flatMap(({ platform }) => platform ?? []);
  const namesOf = (platform?: string): RedactedNames => ({
    keys: lists.keys.filter((entry) => entry.platform === platform).map(({ name }) => name),
    except: lists.except.filter((entry) => entry.platform === platform).map(({ name }) => name),
  });
  return {
    key,
    ...namesOf(),
    platforms: Object.fromEntries(platforms.map((platform) => [platform, namesOf(platform)])),
  };
}

function read(list: string | undefined): Entry[] {
  return list === undefined ? [] : (readRedactedNames(list) ?? []);
}
