import { applyDecorators } from '@nestjs/common';
import { IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';

/** Text that PostgreSQL can hold: not empty, no NUL, at most `longest` characters. */
export const Text = (longest = 255): PropertyDecorator =>
  applyDecorators(
    IsString(),
    IsNotEmpty(),
    MaxLength(longest),
    Matches(/^[^\0]*$/, { message: '$property must not contain a NUL character' }),
  );
