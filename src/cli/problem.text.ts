import { type Item, nameOf } from './item.text.ts';

/** Items that the sentence of the service names. */
const MAX_NAMED = 5;
/** Members of the API that a sentence may ask for, and the options that give them. */
const OPTIONS: Record<string, string> = {
  includeNewer: '--include-newer',
  force: '--force',
  deletes: '--deletes',
  onDrift: '--on-drift',
};

/** A problem as the service answers it; nothing of it is sure. */
export interface Problem {
  code?: unknown;
  detail?: unknown;
  title?: unknown;
  planId?: unknown;
  items?: unknown;
}

/** The sentence of a problem with its code, the way on with this command line, and the items that the sentence leaves out. */
export function problemText(sentence: string, code: string, problem: Problem): string {
  const first = [`${sentence} (${code})`, ...hints(sentence, code, problem)].join(' ');
  return [first, ...furtherItems(problem)].join('\n');
}

function hints(sentence: string, code: string, { planId }: Problem): string[] {
  if (code === 'APPROVAL_REQUIRED') {
    return typeof planId === 'string'
      ? [`Approve it with: synctrail approve ${planId}, then deploy it with: synctrail deploy --plan ${planId}`]
      : ['Make the plan with: synctrail plan'];
  }
  const meant = Object.entries(OPTIONS).filter(([member]) => sentence.includes(`"${member}"`));
  return meant.length > 0 ? [`Here, ${meant.map(([member, option]) => `"${member}" is ${option}`).join(', ')}.`] : [];
}

function furtherItems({ items }: Problem): string[] {
  if (!Array.isArray(items)) return [];
  return items.slice(MAX_NAMED).flatMap((item: Partial<Item> | null) => {
    const { kind, typeKey } = item ?? {};
    return typeof kind === 'string' && typeof typeKey === 'string' ? [`  ${nameOf({ kind, typeKey })}`] : [];
  });
}
