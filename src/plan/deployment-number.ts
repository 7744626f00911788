import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { Documented } from '#validation';

const SHORT = /^D-(\d{1,15})$/i;

/** A UUID, or a short number. */
const REF = /^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[Dd]-\d{1,15})$/;

/** The short number of a deployment, for people: `D-1043`. */
export function shortNumber(number: number | string): string {
  return `D-${number}`;
}

/** The number that a short number names; undefined for anything else. */
export function numberIn(ref: string): number | undefined {
  const [, digits] = SHORT.exec(ref) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** An id or a short number of a deployment. */
export function DeploymentRef(): PropertyDecorator {
  const validate = (value: unknown) => typeof value === 'string' && REF.test(value);
  return applyDecorators(
    ValidateBy(
      { name: 'deploymentRef', validator: { validate } },
      { message: '$property must be a UUID, or a short number such as D-1043' },
    ),
    Documented({ minLength: 3, maxLength: 36, pattern: REF.source }),
  );
}
