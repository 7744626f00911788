import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { NEEDED, type Needed, Routes, type Scope } from '#access';
import { LOGGED } from './logged.interceptor.ts';

/** Scopes whose routes give out what the access log has to tell of. */
const READING = new Set<Scope | null | undefined>(['payload:read', 'export']);

/** Fails the start when a route gives out payloads or exports and does not say so to the access log. */
@Injectable()
export class LoggedRouteCheck implements OnApplicationBootstrap {
  constructor(private readonly routes: Routes) {}

  /** Throws when there is such a route. */
  onApplicationBootstrap(): void {
    const silent = this.routes
      .all()
      .filter((route) => READING.has((route.get(NEEDED) as Needed | undefined)?.scope) && !route.get(LOGGED))
      .map(({ name }) => name);
    if (silent.length === 0) return;
    throw new Error(`${silent.join(', ')} must be @Logged: the route gives out payloads or exports.`);
  }
}
