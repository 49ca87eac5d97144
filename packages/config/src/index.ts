export { ConfigError } from './error.ts';
export { DECLARATIONS, type Config, type Declaration } from './declarations.ts';
export type { OptionKind, Option } from './option.ts';
export {
  effectiveOptions,
  effectiveServerUrl,
  loadConfig,
  type Effective,
  type LoadedConfig,
  type Origin,
  type Sources,
} from './load.ts';
export { serverFlags, type Flag } from './flags.ts';
export { requireConfiguredPackages } from './optional-packages.ts';
export { MASK, maskUrls, shownValue } from './mask.ts';
export { parseDuration } from './duration.ts';
export { parseTagPeriod, type TagPeriod } from './tag-period.ts';
export { didYouMean } from './suggest.ts';
