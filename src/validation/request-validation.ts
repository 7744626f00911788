import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { assertNone } from './invalid-request.error.ts';
import { ProblemList } from './problem-list.ts';
import { readDto } from './read-dto.ts';

/** Types that say nothing about what is in a value. */
const PLAIN = new Set<unknown>([Object, Array, String, Number, Boolean]);

/** Reads requests as their DTO says: with every problem at once, and nothing that it does not name. */
@Injectable()
export class RequestValidation implements PipeTransform {
  /** What a pipe before this one has read stays as it is. */
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (!metatype || type === 'custom' || PLAIN.has(metatype) || value instanceof metatype) return value;
    const problems = new ProblemList();
    const dto = readDto(metatype as new () => object, value === undefined ? {} : value, problems);
    assertNone(problems);
    return dto;
  }
}
