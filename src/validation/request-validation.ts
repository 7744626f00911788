import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Redaction } from '#redaction';
import { assertNone } from './invalid-request.error.ts';
import { isCredential } from './credential.decorator.ts';
import { ProblemList } from './problem-list.ts';
import { readDto } from './read-dto.ts';

/** Types that say nothing about what is in a value. */
const PLAIN = new Set<unknown>([Object, Array, String, Number, Boolean]);

/** Reads requests as their DTO says: with every problem at once, nothing that it does not name, and no secret in a text. */
@Injectable()
export class RequestValidation implements PipeTransform {
  constructor(private readonly redaction: Redaction) {}

  /** What a pipe before this one has read stays as it is. */
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (!metatype || type === 'custom' || PLAIN.has(metatype) || value instanceof metatype) return value;
    const problems = new ProblemList();
    const dto = readDto(metatype as new () => object, value === undefined ? {} : value, problems);
    assertNone(problems);
    redactTexts(dto, this.redaction);
    return dto;
  }
}

/** The members of a DTO have names of ours; those of an object in it, such as labels, are of the caller. */
function redactTexts(dto: object, redaction: Redaction): void {
  for (const [name, value] of Object.entries(dto)) {
    if (isCredential(dto, name)) continue;
    const redacted = withoutSecrets(value, redaction);
    if (redacted !== value) Object.assign(dto, { [name]: redacted });
  }
}

function withoutSecrets(value: unknown, redaction: Redaction): unknown {
  if (typeof value === 'string') return redaction.text(value);
  if (Array.isArray(value)) return value.map((element) => withoutSecrets(element, redaction));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Object.getPrototypeOf(value) === Object.prototype) return redaction.json(value).value;
  redactTexts(value, redaction);
  return value;
}
