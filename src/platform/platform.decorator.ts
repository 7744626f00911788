import { SetMetadata } from '@nestjs/common';

export const PLATFORM = Symbol('platform');

/** Marks a provider as the adapter of the platform with this name. */
export const Platform = (name: string): ClassDecorator => SetMetadata(PLATFORM, name);
