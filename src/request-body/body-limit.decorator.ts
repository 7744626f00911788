import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { JSON_LIMITS, MAX_VALUES } from '#json';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

export interface BodyLimits {
  bytes: number;
  /** Values in the JSON, at whatever depth. */
  values: number;
  /** Takes half a surrogate pair in texts, because the room replaces it. */
  loneSurrogates?: boolean;
}

const DEFAULT: BodyLimits = { bytes: 256 * KIBIBYTE, values: JSON_LIMITS.values };
/** A body that holds a snapshot, whose 10,000,000 bytes may be written longer. */
export const SNAPSHOT_BODY: BodyLimits = { bytes: 16 * MEBIBYTE, values: MAX_VALUES };
/** A body that holds several snapshots. */
export const SNAPSHOTS_BODY: BodyLimits = { bytes: 32 * MEBIBYTE, values: MAX_VALUES };
/** A body that names up to 1,000 items. */
export const ITEMS_BODY: BodyLimits = { bytes: MEBIBYTE, values: JSON_LIMITS.values };

/** What the body of this route may be at the most, where that is more than 256 KiB and 10,000 values. */
export const BodyLimit = (bodyLimits: BodyLimits): MethodDecorator => RouteConfig({ bodyLimits });

export function bodyLimitsOf(request: FastifyRequest): BodyLimits {
  const { bodyLimits } = request.routeOptions.config as { bodyLimits?: BodyLimits };
  return bodyLimits ?? DEFAULT;
}
