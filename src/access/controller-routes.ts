import { Injectable, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';

/** A route of a controller. */
export interface ControllerRoute {
  /** Class and method of the controller. */
  name: string;
  /** Id of the operation in the API: the name of the method. */
  operation: string;
  method: string;
  /** Patterns of the address, without prefix and version. */
  paths: string[];
  /** Metadata of the method, or of its class. */
  get(key: string): unknown;
}

/** The routes of all controllers of this application. */
@Injectable()
export class Routes {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  all(): ControllerRoute[] {
    return this.discovery.getControllers().flatMap(({ metatype, instance }) => {
      const prototype = Object.getPrototypeOf(instance) as Record<string, () => unknown>;
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => this.reflector.get(PATH_METADATA, prototype[name]!) !== undefined)
        .map((operation) => {
          const handler = prototype[operation]!;
          const [bases, ends] = [metatype!, handler].map((one) => pathsOf(this.reflector.get(PATH_METADATA, one)));
          return {
            name: `${metatype!.name}.${operation}`,
            operation,
            method: RequestMethod[this.reflector.get<number>(METHOD_METADATA, handler)]!,
            paths: bases!.flatMap((base) => ends!.map((end) => [base, end].filter((part) => part !== '').join('/'))),
            get: (key) => this.reflector.getAllAndOverride<unknown>(key, [handler, metatype!]),
          };
        });
    });
  }
}

function pathsOf(path: string | string[] | undefined): string[] {
  return [path ?? ''].flat().map((one) => one.replace(/^\/|\/$/g, ''));
}
