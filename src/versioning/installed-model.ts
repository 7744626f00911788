import { DEFAULT_MODEL, type PlatformModel } from '#platform';

/**
 * The model of a comparison whose caller names none. `VersioningModule` sets it when the application starts: there is one
 * platform, as long as a version does not say of which it is.
 */
export const installed: { model: PlatformModel } = { model: DEFAULT_MODEL };
