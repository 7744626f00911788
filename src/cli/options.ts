import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Schemas } from '#client';
import { UsageError } from './cli.errors.ts';
import type { ServiceClient } from './service.client.ts';

const DEFAULT_URL = 'http://127.0.0.1:3000';
const DEFAULT_ENVIRONMENT = 'default';

/** Options of every command that asks a service. */
export interface HttpOptions {
  url: string;
  json?: true;
}

/** Names and values that deployments are found by. */
export type Labels = Record<string, string>;

export interface Target {
  platform: string;
  environment: string;
}

/** A command that asks a running service. */
export function httpCommand(program: Command, nameAndArguments: string, description: string): Command {
  const url = new Option('--url <url>', 'address of the service');
  return program
    .command(nameAndArguments)
    .description(description)
    .addOption(url.default(variable('SYNCTRAIL_URL') ?? DEFAULT_URL, `SYNCTRAIL_URL, else ${DEFAULT_URL}`))
    .option('--json', 'print the answer as JSON');
}

export function targetOption(): Option {
  const byDefault = `SYNCTRAIL_TARGET, else the only platform with the environment "${DEFAULT_ENVIRONMENT}"`;
  return targetFilter(`target (default: ${byDefault})`);
}

/** Without a default. */
export function targetFilter(description: string): Option {
  return new Option('--target <platform/environment>', description);
}

export function actorOption(flags = '--actor <name>', description = 'user or system that makes the request'): Option {
  const byDefault = variable('SYNCTRAIL_ACTOR') ?? variable('GITHUB_ACTOR') ?? variable('USER') ?? 'cli';
  return new Option(flags, description).default(byDefault, 'SYNCTRAIL_ACTOR, GITHUB_ACTOR or USER');
}

export function timeoutOption(): Option {
  const option = new Option('--timeout <minutes>', 'longest time to wait for the end');
  return option.argParser(wholeNumber(1, 1_440)).default(30);
}

export function labelOption(): Option {
  const option = new Option('--label <name=value>', 'origin, such as commit=4f2a9c1; may be repeated');
  return option.argParser((text: string, earlier: Labels | undefined): Labels => {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.');
    return { ...earlier, [name]: value };
  });
}

/** Reads a whole number of an option. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,9}$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** Collects an option that may be repeated. */
export function repeated(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}

/** Throws {@link UsageError}. */
export function readTarget(text: string): Target {
  const [, platform, environment] = /^([^/]+)(?:\/(.+))?$/.exec(text) ?? [];
  if (platform === undefined) throw new UsageError('--target must be PLATFORM/ENVIRONMENT, such as shop/production');
  return { platform, environment: environment ?? DEFAULT_ENVIRONMENT };
}

/** The target that is asked for, or the only one. Throws {@link UsageError} when that is not clear. */
export async function targetOf(service: ServiceClient, given: string | undefined): Promise<Target> {
  const text = given ?? variable('SYNCTRAIL_TARGET');
  if (text !== undefined) return readTarget(text);
  const { items } = await service.get<Schemas['PlatformListDto']>('/platforms');
  if (items.length === 1) return { platform: items[0]!.name, environment: DEFAULT_ENVIRONMENT };
  const names = items.map(({ name }) => name).join(', ') || 'none';
  throw new UsageError(`--target must name one of the installed platforms (${names})`);
}

/** An empty variable counts as unset. */
function variable(name: string): string | undefined {
  return process.env[name] === '' ? undefined : process.env[name];
}
