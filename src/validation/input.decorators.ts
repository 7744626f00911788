import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, ValidateBy, ValidateIf } from 'class-validator';
import { Documented } from './documented.decorator.ts';

/** What reading a member needs besides its rules. It lies in their context: `PickType` and the like take that along. */
export interface ReadingRule {
  /** Turns what was sent into what the rules are for; what it cannot read it gives back. */
  readBy?: (value: unknown) => unknown;
  /** The value of the member, from all that was sent; undefined takes the member as it was sent. */
  derivedFrom?: (sent: Readonly<Record<string, unknown>>) => unknown;
  /** The class of the member, or of its elements. */
  nested?: () => new () => object;
}

const Reading = (rule: ReadingRule): PropertyDecorator =>
  ValidateBy({ name: 'reading', validator: { validate: () => true } }, { context: rule });

/** How a member is read, before its rules are asked. */
export const ReadBy = (readBy: (value: unknown) => unknown): PropertyDecorator => Reading({ readBy });

/** What stands in place of the member that was sent, or was not. */
export const DerivedFrom = (derivedFrom: ReadingRule['derivedFrom']): PropertyDecorator => Reading({ derivedFrom });

/** An object, or objects in a list, with rules of their own. */
export const Nested = (type: () => new () => object): PropertyDecorator => Reading({ nested: type });

/** Nobody need send it. `null` is a value, and goes through the other rules. */
export const MayBeLeftOut = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);

/** Nobody need send it, and `null` says that there is none. */
export const MayBeNull = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined && value !== null);

/** A whole number of a query: decimal digits, and nothing else that JavaScript would take for a number. */
export const WholeNumber = (): PropertyDecorator =>
  applyDecorators(
    ReadBy((value) => (typeof value === 'string' && /^(0|[1-9]\d{0,15})$/.test(value) ? Number(value) : value)),
    IsInt({ message: '$property must be an integer number in plain decimal digits' }),
  );

/** `true` or `false` of a query; a `flag` may also stand there without a value. */
export const TrueOrFalse = ({ flag = false } = {}): PropertyDecorator =>
  applyDecorators(
    ReadBy((value) => (value === 'true' || (flag && value === '') ? true : value === 'false' ? false : value)),
    IsBoolean({ message: '$property must be true or false' }),
  );

/** Values that a parameter may have, by its name: mapped types lose what a decorator documents of a list of an enum. */
export const LIST_LIMITS = new Map<string, number>();

/** A parameter that may be repeated. */
export const OneOrMany = (most = 100): PropertyDecorator =>
  applyDecorators(
    ReadBy((value) => (Array.isArray(value) || value === null ? value : [value])),
    IsArray(),
    ArrayMaxSize(most),
    Documented({ maxItems: most }),
    (_target: object, name: string | symbol) => void LIST_LIMITS.set(String(name), most),
  );
