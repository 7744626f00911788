import { SetMetadata } from '@nestjs/common';
import type { LimitRule } from './request-limits.ts';

/** Where the limit of a route stands: its rule, or null for none. */
export const ROUTE_LIMIT = Symbol('route limit');

/** Counts the requests of each caller to this route also by themselves, and refuses those beyond the limit. */
export const RateLimit = (rule: LimitRule): MethodDecorator => SetMetadata(ROUTE_LIMIT, rule);

/** For what is asked again and again by machines, and costs nothing: it is not counted. */
export const Unlimited = (): ClassDecorator => SetMetadata(ROUTE_LIMIT, null);
