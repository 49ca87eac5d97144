/** What is wrong with the configuration, in one line for the user. The command line prints it and exits with code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
