/**
 * The keys of a map in the order of the keys that they refer to, in groups: each group after those that it refers to. A group
 * of several is a circle of references. Of what may come in any order the first stays first.
 */
export function referenceOrder(references: Map<string, string[]>): string[][] {
  const groups = circlesOf(references);
  const groupOf = new Map(groups.flatMap((group) => group.map((key) => [key, group] as const)));
  const refsOf = (group: string[]) => {
    const refs = group.flatMap((key) => references.get(key)!.map((ref) => groupOf.get(ref) ?? group));
    return new Set(refs.filter((other) => other !== group));
  };
  const first = new Set([...references.keys()].map((key) => groupOf.get(key)!));
  const left = new Map([...first].map((group) => [group, refsOf(group)] as const));
  const referrers = new Map<string[], string[][]>();
  for (const [group, refs] of left) {
    for (const ref of refs) {
      const known = referrers.get(ref);
      if (known) known.push(group);
      else referrers.set(ref, [group]);
    }
  }
  const order = [...left].flatMap(([group, refs]) => (refs.size === 0 ? [group] : []));
  // Grows while it is walked: what waited for a group may come after it.
  for (const group of order) {
    for (const referrer of referrers.get(group) ?? []) {
      const refs = left.get(referrer)!;
      refs.delete(group);
      if (refs.size === 0) order.push(referrer);
    }
  }
  return order;
}

/** A key that is being walked: how many of its references were followed, and the earliest open key that it reaches. */
interface Walked {
  key: string;
  place: number;
  next: number;
  earliest: number;
}

/** The strongly connected components, by Tarjan's walk; without recursion, for long chains. Members are in the order of the map. */
function circlesOf(references: Map<string, string[]>): string[][] {
  const places = new Map<string, number>();
  const ranks = new Map([...references.keys()].map((key, index) => [key, index]));
  const open: string[] = [];
  const isOpen = new Set<string>();
  const circles: string[][] = [];
  for (const start of references.keys()) {
    const path: Walked[] = [];
    const enter = (key: string) => {
      const place = places.size;
      places.set(key, place);
      open.push(key);
      isOpen.add(key);
      path.push({ key, place, next: 0, earliest: place });
    };
    if (!places.has(start)) enter(start);
    for (let walked = path.at(-1); walked; walked = path.at(-1)) {
      const ref = references.get(walked.key)![walked.next];
      if (ref !== undefined) {
        walked.next += 1;
        if (!references.has(ref)) continue;
        if (!places.has(ref)) enter(ref);
        else if (isOpen.has(ref)) walked.earliest = Math.min(walked.earliest, places.get(ref)!);
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before) before.earliest = Math.min(before.earliest, walked.earliest);
      if (walked.earliest < walked.place) continue;
      const circle = open.splice(open.lastIndexOf(walked.key));
      for (const key of circle) isOpen.delete(key);
      circles.push(circle.sort((a, b) => ranks.get(a)! - ranks.get(b)!));
    }
  }
  return circles;
}
