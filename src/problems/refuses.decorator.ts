import { ApiExtension } from '@nestjs/swagger';
import type { ProblemCode } from './problem-codes.ts';

/** Stands for every code of a platform, whose answers are 502. */
export const ANY_OF_PLATFORM = 'ANY_OF_PLATFORM';
export type RefusalCode = ProblemCode | typeof ANY_OF_PLATFORM;

/** What a pull answers with, beside the codes of the platform: it is recorded, and the circuit of its target is asked. */
export const READS_PLATFORM: readonly RefusalCode[] = [
  ...(['UNKNOWN_PLATFORM', 'UNKNOWN_ENVIRONMENT', 'CIRCUIT_OPEN', 'RECORDING_UNAVAILABLE', 'INTERRUPTED'] as const),
  ANY_OF_PLATFORM,
];

/** Where it stands until the document is finished. */
export const REFUSES = 'x-refuses';

/**
 * Documents the codes with which a route refuses requests. Those that follow from its parameters and its body, and those
 * that every route may have, go without saying: see `documentProblems`.
 */
export const Refuses = (...codes: (RefusalCode | readonly RefusalCode[])[]): MethodDecorator =>
  ApiExtension(REFUSES, codes.flat());
