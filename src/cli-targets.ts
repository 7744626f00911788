import type { INestApplicationContext } from '@nestjs/common';
import { type ComparedItem, type ModelItem, TargetModel } from '#live';
import { DEFAULT_ENVIRONMENT, DEFAULT_KIND, type ItemRef, PlatformRegistry, type Target } from '#platform';
import { type PulledItem, PullService } from '#pull';
import { isDateOrDay, momentIn, readDateOrDay } from '#validation';
import { type CliOptions, UsageError } from './cli-usage.ts';
import { terminalLine } from './terminal-text.ts';

/** `pull`: reads a target, and prints what differs from the latest versions. */
export async function pull(app: INestApplicationContext, _args: string[], options: CliOptions): Promise<string> {
  const { platform, environment } = targetOf(app, options);
  const { actor = process.env.USER ?? 'cli', reason } = options;
  const found = await app.get(PullService).pull(platform, { environment, actor, reason, trigger: 'CLI' });
  if (options.json) return JSON.stringify(found);
  const different = found.items.filter(({ state }) => state !== 'same');
  const expected = different.filter(({ acceptedBy }) => acceptedBy.length > 0).length;
  return [
    ...found.items.filter(isTelling).map(pulledLine),
    `${found.items.length} items of ${platform} "${environment}": ${different.length} differ, ${expected} of them as expected`,
  ].join('\n');
}

/** `live`: prints what stands at a target. */
export async function live(app: INestApplicationContext, options: CliOptions): Promise<string> {
  const target = targetOf(app, options);
  const model = app.get(TargetModel);
  const items = await model.items(target, timeOf('at', options.at));
  if (options.export) return JSON.stringify(await model.export(target.platform, items), null, 2);
  if (options.json) return JSON.stringify({ ...target, root: model.root(items), items });
  return [
    ...items.map(liveLine),
    `${items.length} items of ${target.platform} "${target.environment}", root ${model.root(items) ?? 'unknown'}`,
  ].join('\n');
}

/** `compare`: prints what differs from a target to another side. */
export async function compare(app: INestApplicationContext, _args: string[], options: CliOptions): Promise<string> {
  const here = { ...targetOf(app, options), at: timeOf('at', options.at) };
  const { catalogue } = options;
  const at = timeOf('other-at', options['other-at']);
  const comparison = await app
    .get(TargetModel)
    .compare(here, { environment: options['other-environment'], at, catalogue });
  if (options.json) return JSON.stringify(comparison);
  const { items, ...counts } = comparison;
  const summary = `${counts.same} the same, ${counts.different} different, ${counts.onlyHere} only here, ${counts.onlyThere} only there`;
  return [...items.map(comparedLine), `${summary}, ${counts.unknown} unknown`].join('\n');
}

function targetOf(app: INestApplicationContext, { platform, environment = DEFAULT_ENVIRONMENT }: CliOptions): Target {
  return { platform: app.get(PlatformRegistry).meant(platform), environment };
}

function timeOf(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = readDateOrDay(text);
  if (!isDateOrDay(time)) throw new UsageError(`--${option} must be a time in ISO 8601, such as 2026-11-01T00:00:00Z`);
  return momentIn('UTC', time);
}

function isTelling({ state, unknownFields }: PulledItem): boolean {
  return state !== 'same' || unknownFields.length > 0;
}

function pulledLine({ state, acceptedBy, unknownFields, moreUnknownFields, ...item }: PulledItem): string {
  const expected = acceptedBy.length > 0 ? ', as expected' : '';
  const more = moreUnknownFields > 0 ? ` and ${moreUnknownFields} more` : '';
  const unknown = unknownFields.length > 0 ? `, unknown fields: ${unknownFields.join(', ')}${more}` : '';
  return terminalLine(`${state}  ${nameOf(item)}${expected}${unknown}`);
}

function liveLine({ state, number, versionHash, since, drift, acceptedBy, ...item }: ModelItem): string {
  const version = state !== 'PRESENT' ? '' : `  version ${number ?? versionHash?.slice(0, 8) ?? 'unknown'}`;
  const change = drift ? `, drift${acceptedBy.length > 0 ? ', as expected' : ''}` : '';
  const at = new Date(since / 1_000).toISOString();
  return terminalLine(`${state}  ${nameOf(item)}${version}, since ${at}, evidence ${item.evidence ?? 'none'}${change}`);
}

function comparedLine({ result, impact, changes, ...item }: ComparedItem): string {
  const what = changes === null ? '' : `: ${changes} ${changes === 1 ? 'change' : 'changes'}, ${impact}`;
  return terminalLine(`${result}  ${nameOf(item)}${what}`);
}

function nameOf({ kind, typeKey }: ItemRef): string {
  return kind === DEFAULT_KIND ? typeKey : `${kind} ${typeKey}`;
}
