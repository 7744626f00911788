import { mergePatch } from './apply-patch.ts';
import { deletionRefusal } from './built-ins.ts';
import type { Resource } from './collection.ts';
import { contentTypeIssues } from './content-type.rules.ts';
import { dataLossWarning, losesData } from './data-loss.ts';
import { withDefaults } from './defaults.ts';
import { SeedModel } from './seed-model.ts';
import { CONTENT_TYPE, type ContentType, type StoredContentType } from './model.ts';
import { Problem } from './error-answer.ts';
import { isObject, readAs } from './shape.ts';
import type { Tenant } from './tenant.ts';

export interface EditOptions {
  author: string;
  ignoreDataLoss: boolean;
  strict: boolean;
}

/** Creates one content type; throws a {@link Problem} (400, 409) when the service would. */
export function createContentType(tenant: Tenant, body: unknown, options: EditOptions): Resource<StoredContentType> {
  const type = readContentType(body);
  if (tenant.contentTypes.get(type.key)) {
    throw new Problem(409, 'ConflictingResource', `A content type with the key '${type.key}' already exists.`);
  }
  requireAccepted(tenant, type, options);
  return tenant.putContentType(type, options.author);
}

/** Applies a merge-patch to one content type; throws a {@link Problem} (400) when the service would. */
export function patchContentType(
  tenant: Tenant,
  before: StoredContentType,
  patch: unknown,
  options: EditOptions,
): Resource<StoredContentType> {
  if (!isObject(patch)) throw Problem.invalid('A merge-patch must be an object.');
  for (const field of ['key', 'baseType', 'isContract'] as const) {
    if (field in patch && patch[field] !== before[field]) {
      const detail = `The field '${field}' cannot be changed.`;
      throw Problem.invalid(detail, [{ detail, field }]);
    }
  }
  const after = readContentType(mergePatch(JSON.parse(JSON.stringify(before)), patch));
  requireAccepted(tenant, after, options);
  if (!options.ignoreDataLoss && losesData(before, after)) throw Problem.invalid(dataLossWarning(before.key));
  return tenant.putContentType(after, options.author);
}

/** Deletes one content type; throws a {@link Problem} (400, 409) when the service would. */
export function deleteContentType(tenant: Tenant, type: StoredContentType): void {
  const refusal = deletionRefusal(type);
  if (refusal) {
    throw new Problem(
      refusal.status,
      refusal.code,
      `The content type '${type.key}' is built in and cannot be deleted.`,
    );
  }
  if (tenant.instances.get(type.key)) {
    const detail = `Unable to delete content type '${type.key}' as content instances of this type exist.`;
    throw new Problem(409, 'DependencyConflict', detail);
  }
  tenant.contentTypes.delete(type.key);
}

function readContentType(body: unknown): ContentType {
  return withDefaults(readAs(CONTENT_TYPE, body, 'content type'));
}

function requireAccepted(tenant: Tenant, type: ContentType, { strict }: EditOptions): void {
  const issues = [...contentTypeIssues(type, new SeedModel(tenant, [type], strict))];
  if (issues.length > 0) throw Problem.invalid('The content type is invalid.', issues);
}
