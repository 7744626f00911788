/** Reads the record: list, facets, export, one sync, comparison; refuses filters that cannot hold together. */
export { InvalidFilterError, NoContentError } from './history.errors.ts';
export { SyncComparison } from './sync.comparison.ts';
export {
  type AskedConditions,
  conditionsOf,
  type FilterConditions,
  type HistoryFilter,
  holdsForAll,
  namedFilter,
} from './history-filter.ts';
export { SyncController } from './sync.controller.ts';
export { SyncDetails } from './sync.details.ts';
export { SyncFilterDto, CoveredIntervalDto } from './sync-history.dto.ts';
export { SyncHistoryController } from './sync-history.controller.ts';
export { SyncParams } from './sync.dto.ts';
export {
  type FacetCounter,
  type FacetValue,
  type HistoryPage,
  type PageRequest,
  SyncHistoryQueries,
} from './sync-history.queries.ts';
export { type HistoryExport, SyncHistoryExport } from './sync-history.export.ts';
export {
  type Bind,
  binder,
  isSmall,
  momentColumn,
  type ResolvedFilter,
  resolveFilter,
  whereSql,
  type CoveredInterval,
} from './sync-history.filter.ts';
