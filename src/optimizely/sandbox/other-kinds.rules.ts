import { BUILT_IN_GROUPS } from './built-ins.ts';
import type { DisplayTemplate, Locale, PropertyGroup } from './model.ts';
import type { Issue } from './error-answer.ts';
import type { Tenant } from './tenant.ts';
import { keyIssues, lengthIssues } from './text-rules.ts';

const RESERVED = new Set(BUILT_IN_GROUPS.map(({ key }) => key.toLowerCase()));

export function* localeIssues({ key }: Locale): Generator<Issue> {
  yield* lengthIssues(key, 'key', 2, 255);
}

export function* propertyGroupIssues({ key, displayName }: PropertyGroup): Generator<Issue> {
  yield* lengthIssues(key, 'key', 2, 255);
  yield* lengthIssues(displayName, 'displayName', 1, 255);
  if (RESERVED.has(key.toLowerCase())) {
    yield { detail: `The TabDefinition name '${key}' is reserved and cannot be used.`, field: 'key' };
  }
}

export function* displayTemplateIssues(template: DisplayTemplate, tenant: Tenant): Generator<Issue> {
  const { key, displayName, baseType, contentType, nodeType, settings = {} } = template;
  yield* keyIssues(key);
  yield* lengthIssues(displayName, 'displayName', 1, 255);
  if ([baseType, contentType, nodeType].filter(Boolean).length !== 1) {
    yield { detail: `A display template needs one of 'baseType', 'contentType' and 'nodeType'.`, field: 'contentType' };
  }
  if (nodeType !== undefined) yield* lengthIssues(nodeType, 'nodeType', 2, 50);
  if (contentType !== undefined && !tenant.contentTypes.get(contentType)) {
    yield { detail: `Unable to find a content type '${contentType}'`, field: 'contentType' };
  }
  for (const [name, setting] of Object.entries(settings)) {
    yield* lengthIssues(setting.displayName, `settings.${name}.displayName`, 1, 255);
    yield* lengthIssues(setting.editor, `settings.${name}.editor`, 0, 50);
  }
}
