import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/** Configuration that cannot be used; one sentence per problem, each naming its variable. */
export class ConfigurationError extends Error {
  constructor(readonly problems: string[]) {
    super(['The configuration cannot be used:', ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}

/**
 * Reads a config class from environment variables: each property has the name of its variable. An empty variable
 * counts as unset. Throws {@link ConfigurationError} with every problem at once.
 */
export function readEnvironment<T extends object>(config: new () => T, env: NodeJS.ProcessEnv): T {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const instance = plainToInstance(config, set, { enableImplicitConversion: true, exposeDefaultValues: true });
  const problems = validateSync(instance).flatMap((error) =>
    [...new Set(Object.values(error.constraints ?? {}))].map(
      (constraint) => `${constraint}${quoted(error.property, env[error.property])}`,
    ),
  );
  if (problems.length > 0) throw new ConfigurationError(problems);
  return instance;
}

/** An address with an "@" may hold a password. */
function quoted(name: string, value: string | undefined): string {
  if (value === undefined) return ' (it is not set)';
  return name.endsWith('_SECRET') || value.includes('@') ? '' : ` (it is ${JSON.stringify(value)})`;
}

/** Runs every reader and throws all their problems in one {@link ConfigurationError}. */
export function readAll<T extends Record<string, () => unknown>>(readers: T): { [K in keyof T]: ReturnType<T[K]> } {
  const problems: string[] = [];
  const entries = Object.entries(readers).map(([name, read]) => {
    try {
      return [name, read()];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.fromEntries(entries) as { [K in keyof T]: ReturnType<T[K]> };
}
