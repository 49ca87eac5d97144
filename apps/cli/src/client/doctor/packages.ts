import { requireConfiguredPackages, type Config } from '@resonate/config';
import { failed, type Finding } from './finding.ts';

/** Checks that the optional npm packages which the server command would load are installed. */
export function checkPackages(config: Config, command: string): Finding[] {
  const check = 'packages';
  try {
    requireConfiguredPackages(config, command);
    return [{ check, status: 'ok', detail: 'all that this configuration needs are installed' }];
  } catch (error) {
    return [failed(check, error)];
  }
}
