export { impactOf, worstImpact, type Impact } from './change-impact.ts';
export { ContentTypeHasher } from './content-type.hasher.ts';
export { ContentTypeImporter, LONGEST_KEY, type ImportResult } from './content-type.importer.ts';
export { ContentTypeVersion } from './content-type-version.entity.ts';
export { checkVersions } from './version.check.ts';
export { VersionDiff, type VersionChange } from './version.diff.ts';
export { ContentTypeNotFoundError, InvalidDefinitionError, VersionNotFoundError } from './version.errors.ts';
export {
  VersionHistoryService,
  refKey,
  type Definition,
  type TypeRef,
  type VersionCommit,
} from './version-history.service.ts';
export { VersionTree, type VersionTreeDifference, type VersionTreeEntry } from './version.tree.ts';
export { VersioningModule, VersioningRoutesModule } from './versioning.module.ts';
