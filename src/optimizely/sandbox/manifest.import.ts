import { isDeepStrictEqual } from 'node:util';
import { contentTypeIssues } from './content-type.rules.ts';
import { dataLossWarning, losesData } from './data-loss.ts';
import { withDefaults, withoutServerFields } from './defaults.ts';
import { SeedModel } from './seed-model.ts';
import type { ContentType, ManifestInput } from './model.ts';
import { displayTemplateIssues, localeIssues, propertyGroupIssues } from './other-kinds.rules.ts';
import type { Issue } from './error-answer.ts';
import type { Tenant } from './tenant.ts';

export interface ImportMessage {
  section: string;
  resource: string | null;
  message: string;
}

export interface ImportResult {
  outcomes: ImportMessage[];
  errors: ImportMessage[];
}

export interface ImportOptions {
  author: string;
  ignoreDataLoss: boolean;
  strict: boolean;
}

interface Section<T> {
  name: keyof ManifestInput;
  noun: string;
  items: T[];
  /** One refused item refuses them all. */
  atomic?: boolean;
  existing: (key: string) => object | undefined;
  refusals: (item: T) => Iterable<Issue>;
  save: (item: T) => void;
}

/**
 * Creates and updates what a manifest names, and deletes nothing. Groups come before the types that refer to them,
 * and types before their templates.
 */
export function importManifest(tenant: Tenant, manifest: ManifestInput, options: ImportOptions): ImportResult {
  const result: ImportResult = { outcomes: [], errors: [] };
  importSection(result, {
    name: 'locales',
    noun: 'Locale',
    items: (manifest.locales ?? []).map((locale) => ({ key: '', isEnabled: true, sortOrder: 0, ...locale })),
    existing: (key) => tenant.locales.get(key)?.body,
    refusals: localeIssues,
    save: (locale) => tenant.locales.put(locale),
  });
  importSection(result, {
    name: 'propertyGroups',
    noun: 'Property group',
    items: (manifest.propertyGroups ?? []).map((group) => ({ key: '', sortOrder: 0, ...group })),
    existing: (key) => tenant.propertyGroups.get(key)?.body,
    refusals: propertyGroupIssues,
    save: (group) => tenant.propertyGroups.put(group),
  });
  importContentTypes(result, tenant, (manifest.contentTypes ?? []).map(withDefaults), options);
  importSection(result, {
    name: 'displayTemplates',
    noun: 'Display template',
    items: (manifest.displayTemplates ?? []).map((item) => ({ key: '', isDefault: false, settings: {}, ...item })),
    existing: (key) => tenant.displayTemplates.get(key)?.body,
    refusals: (template) => displayTemplateIssues(template, tenant),
    save: (template) => tenant.displayTemplates.put(template),
  });
  return result;
}

function importContentTypes(result: ImportResult, tenant: Tenant, items: ContentType[], options: ImportOptions): void {
  const model = new SeedModel(tenant, items, options.strict);
  const existing = (key: string) => withoutServerFields(tenant.contentTypes.get(key)?.body);
  importSection(result, {
    name: 'contentTypes',
    noun: 'Content type',
    items,
    atomic: true,
    existing,
    *refusals(type) {
      yield* contentTypeIssues(type, model);
      const before = existing(type.key);
      if (before && !options.ignoreDataLoss && losesData(before, type)) {
        yield { detail: dataLossWarning(type.key), field: 'properties' };
      }
    },
    save: (type) => tenant.putContentType(type, options.author),
  });
}

function importSection<T extends { key: string }>(result: ImportResult, section: Section<T>): void {
  const { name, noun, items, atomic, existing, refusals, save } = section;
  const message = (key: string, text: string) => ({ section: name, resource: key || null, message: text });
  const seen = new Set<string>();
  const judged = items.map((item) => {
    const issues = [...refusals(item)];
    if (seen.has(item.key)) issues.push({ detail: `${noun} '${item.key}' occurs more than once.`, field: 'key' });
    seen.add(item.key);
    return { item, issues };
  });
  result.errors.push(...judged.flatMap(({ item, issues }) => issues.map(({ detail }) => message(item.key, detail))));
  const accepted = judged.filter(({ issues }) => issues.length === 0).map(({ item }) => item);
  if (atomic && accepted.length < items.length) return;
  for (const item of accepted) {
    const before = existing(item.key);
    const unchanged = isDeepStrictEqual(before, item);
    if (!unchanged) save(item);
    const done = unchanged ? 'is up to date' : before ? 'was updated' : 'was created';
    result.outcomes.push(message(item.key, `${noun} '${item.key}' ${done}.`));
  }
}
