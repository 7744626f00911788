import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Routes } from './controller-routes.ts';
import { NEEDED } from './needs.decorator.ts';

/** Fails the start when a route does not say which scope it needs. */
@Injectable()
export class RouteScopeCheck implements OnApplicationBootstrap {
  constructor(private readonly routes: Routes) {}

  /** Throws when there is such a route. */
  onApplicationBootstrap(): void {
    const silent = this.routes.all().filter((route) => !route.get(NEEDED));
    if (silent.length === 0) return;
    throw new Error(
      `${silent.map(({ name }) => name).join(', ')} must say which scope the route needs: @Needs, @NeedsAtTarget or @Public. ` +
        'Without one, nobody may call it.',
    );
  }
}
