/** Characters, about, of what is written in one go. */
const SMALL = 16_384;
const MAX_DEPTH = 50;
/** Beside its name and value. */
const MEMBER = 4;
/** What the engine writes before other names, or takes for something else. */
const OUT_OF_ORDER = /^(?:\d|__proto__$)/;

/**
 * The canonical JSON of what is small and usual, as most content is, in a third of the time; undefined for everything else,
 * also for what JSON cannot hold.
 */
export function smallCanonicalJson(value: unknown): string | undefined {
  const sorted = new Sorter().sorted(value, MAX_DEPTH);
  return sorted === UNUSUAL ? undefined : JSON.stringify(sorted);
}

const UNUSUAL = Symbol('unusual');

/** Makes copies whose members stand in canonical order, until they are no longer small. */
class Sorter {
  private left = SMALL;

  sorted(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.isText(value) ? value : UNUSUAL;
      case 'number':
        return Number.isFinite(value) ? value : UNUSUAL;
      case 'boolean':
        return value;
      case 'object':
        if (value === null) return null;
        if (depth === 0) return UNUSUAL;
        return Array.isArray(value) ? this.list(value, depth - 1) : this.object(value, depth - 1);
      default:
        return UNUSUAL;
    }
  }

  private list(items: unknown[], depth: number): unknown {
    if (!this.has(items.length * MEMBER)) return UNUSUAL;
    const copy: unknown[] = [];
    for (const item of items) {
      const sorted = this.sorted(item, depth);
      if (sorted === UNUSUAL) return UNUSUAL;
      copy.push(sorted);
    }
    return copy;
  }

  private object(members: object, depth: number): unknown {
    const prototype: unknown = Object.getPrototypeOf(members);
    if (prototype !== Object.prototype && prototype !== null) return UNUSUAL;
    const names = Object.keys(members);
    if (!this.has(names.length * MEMBER)) return UNUSUAL;
    const copy: Record<string, unknown> = {};
    for (const name of names.sort()) {
      const value = (members as Record<string, unknown>)[name];
      if (value === undefined) continue;
      const sorted = this.isText(name) && !OUT_OF_ORDER.test(name) ? this.sorted(value, depth) : UNUSUAL;
      if (sorted === UNUSUAL) return UNUSUAL;
      copy[name] = sorted;
    }
    return copy;
  }

  private isText(text: string): boolean {
    return this.has(text.length) && text.isWellFormed();
  }

  private has(characters: number): boolean {
    return (this.left -= characters) >= 0;
  }
}
