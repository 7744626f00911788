import type { ContentType } from './model.ts';

/**
 * The types through which `start` contains itself, `start` left out; empty when it does not. Only types that are new
 * count: the service resolves those it already has, and a type that contains itself directly.
 */
export function circularContainment(start: ContentType, newTypes: ReadonlyMap<string, ContentType>): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start.key];
  for (const key of queue) {
    for (const next of newTypes.get(key)?.mayContainTypes ?? []) {
      if (next === start.key && key !== start.key) return pathTo(key, cameFrom);
      if (next === start.key || cameFrom.has(next) || !newTypes.has(next)) continue;
      cameFrom.set(next, key);
      queue.push(next);
    }
  }
  return [];
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path: string[] = [];
  for (let key: string | undefined = end; key !== undefined && cameFrom.has(key); key = cameFrom.get(key)) {
    path.unshift(key);
  }
  return path;
}
