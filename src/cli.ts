#!/usr/bin/env node
import './compiled-code.ts';

// Not above: imports are compiled before the first of them runs.
const { createProgram, runProgram } = await import('#cli');
const { addDatabaseCommands } = await import('./administration.ts');

const program = createProgram();
addDatabaseCommands(program);
await runProgram(program, process.argv);
