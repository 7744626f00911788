/** The command line over HTTP: what a terminal or a CI job asks a running service; refuses to load the service itself. */
export { CliError, UsageError } from './cli.errors.ts';
export { createProgram, runProgram } from './program.ts';
