import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';

/** Reads requests as their DTO says: with every problem at once, and nothing that it does not name. */
export class RequestValidation extends ValidationPipe {
  constructor() {
    super({ transform: true, whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: false });
  }

  /** What a pipe before this one has read stays as it is. */
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype } = metadata;
    return metatype && value instanceof metatype ? Promise.resolve(value) : super.transform(value, metadata);
  }
}
