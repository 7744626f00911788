/** The states of a content type in their order; refuses definitions without a key. */
export { Catalogue, type Retired, type Retirement, type RetirementRequest } from './catalogue.ts';
export { ContentTypeHasher } from './content-type.hasher.ts';
export {
  ContentTypeImporter,
  type ImportRequest,
  type ImportResult,
  MAX_KEY,
  MAX_KEY as LONGEST_KEY,
} from './content-type.importer.ts';
export { ContentTypeNotFoundError, InvalidDefinitionError, VersionNotFoundError } from './version.errors.ts';
export { ContentTypeVersion, type Origin, ORIGINS } from './content-type-version.entity.ts';
export { refKey, type TypeRef, typeRefKey } from './type-ref.ts';
export { VersionTree, type VersionTreeDifference, type VersionTreeEntry } from './version.tree.ts';
export { VersioningModule, VersioningRoutesModule } from './versioning.module.ts';
export { AlreadyRetiredError, NotRetiredError } from './retirement.errors.ts';
export { checkRetirements } from './retirement.check.ts';
export { checkVersions } from './version.check.ts';
export { type Definition, VersionHistoryService } from './version-history.service.ts';
export type { VersionCommit } from './version-commit.ts';
export type { Impact } from '#platform';
export { impactOf, worstImpact } from './impact.ts';
export { comparable, type VersionChange, VersionDiff } from './version.diff.ts';
