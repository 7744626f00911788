import { applyDecorators } from '@nestjs/common';
import { IsNotEmpty, IsString, Matches, MaxLength, type ValidationOptions } from 'class-validator';

/** Text that PostgreSQL can hold: not empty, no NUL, at most `longest` characters. */
export const Text = (longest = 255, options: ValidationOptions = {}): PropertyDecorator =>
  applyDecorators(
    IsString(options),
    IsNotEmpty(options),
    MaxLength(longest, options),
    Matches(/^[^\0]*$/, { ...options, message: '$property must not contain a NUL character' }),
  );
