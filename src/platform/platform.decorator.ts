import { SetMetadata } from '@nestjs/common';

export const PLATFORM = Symbol('platform');

/** Marks a provider as the adapter of the platform with this name. */
export const Platform = (name: string): ClassDecorator => SetMetadata(PLATFORM, name);

/** The name of the platform that a provider is the adapter of, however it was made. */
export function platformOf(instance: unknown): string | undefined {
  const { constructor: type } = Object(instance) as { constructor?: unknown };
  const name: unknown = typeof type === 'function' ? Reflect.getMetadata(PLATFORM, type) : undefined;
  return typeof name === 'string' ? name : undefined;
}
