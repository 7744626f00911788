import { getMetadataStorage, validateSync, ValidationTypes } from 'class-validator';
import { cut } from '../quoted.ts';
import { type CodingRule, detailOf, fieldCode, type FieldProblem, unknownField } from './field-problem.ts';
import type { ReadingRule } from './input.decorators.ts';
import type { ProblemList } from './problem-list.ts';

type Dto<T> = new () => T;

/** What is asked before anything looks into a member. */
interface MemberRule extends ReadingRule {
  /** Elements that a list may have; 0 where no list may stand. */
  mostElements: number;
  /** Any JSON, taken as it is. */
  isAnything: boolean;
}

/**
 * Reads what was sent as its DTO says. Names and numbers of elements come before contents: no element of a list that
 * is too long is looked at, and nothing walks through what no rule asks for. Problems name their place from `at` on.
 */
export function readDto<T extends object>(type: Dto<T>, sent: unknown, problems: ProblemList, at = ''): T {
  const dto = new type();
  if (!isObject(sent)) {
    problems.add({ field: at.replace(/\.$/, ''), detail: 'must be an object', code: 'NOT_AN_OBJECT' });
    return dto;
  }
  const rules = rulesOf(type);
  const refused = new Set<string>();
  const nested: (() => void)[] = [];
  for (const [name, value] of membersOf(sent, rules)) {
    const rule = rules.get(name);
    if (!rule) {
      problems.add(unknownField(at + cut(name)));
    } else if (Array.isArray(value) && !rule.isAnything && value.length > rule.mostElements) {
      refused.add(name);
      problems.add({ field: at + name, ...tooMany(rule.mostElements) });
    } else {
      Object.assign(dto, { [name]: rule.readBy ? rule.readBy(value) : value });
      if (rule.nested) nested.push(() => readNested(dto, name, rule, problems, at));
    }
  }
  for (const { property, value, constraints = {}, contexts = {} } of validateSync(dto)) {
    if (refused.has(property)) continue;
    for (const [rule, text] of Object.entries(constraints)) {
      const code = fieldCode(rule, value, contexts[rule] as CodingRule | undefined);
      problems.add({ field: at + property, detail: detailOf(property, text), code });
    }
  }
  for (const read of nested) read();
  return dto;
}

/** What was sent, with what is derived from it. */
function membersOf(sent: Record<string, unknown>, rules: Map<string, MemberRule>): [string, unknown][] {
  const derived = [...rules].flatMap(([name, { derivedFrom }]): [string, unknown][] => {
    const value = derivedFrom?.(sent);
    return value === undefined ? [] : [[name, value]];
  });
  if (derived.length === 0) return Object.entries(sent);
  const names = new Set(derived.map(([name]) => name));
  return [...Object.entries(sent).filter(([name]) => !names.has(name)), ...derived];
}

function tooMany(most: number): Omit<FieldProblem, 'field'> {
  return most === 0
    ? { detail: 'must be one value, not several', code: 'NOT_ONE_VALUE' }
    : { detail: `must contain no more than ${most} elements`, code: 'TOO_MANY' };
}

function readNested(
  dto: object,
  name: string,
  { nested, mostElements }: MemberRule,
  problems: ProblemList,
  at: string,
): void {
  const value: unknown = dto[name as keyof typeof dto];
  const type = nested!();
  if (mostElements === 0) {
    if (isObject(value)) Object.assign(dto, { [name]: readDto(type, value, problems, `${at}${name}.`) });
  } else if (Array.isArray(value)) {
    const elements = value.map((element, index) => readDto(type, element, problems, `${at}${name}[${index}].`));
    Object.assign(dto, { [name]: elements });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const known = new WeakMap<Dto<object>, Map<string, MemberRule>>();

/** From the decorators of a class: a name without one is none of its members. */
function rulesOf(type: Dto<object>): Map<string, MemberRule> {
  const found = known.get(type);
  if (found) return found;
  const rules = new Map<string, MemberRule>();
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const rule = rules.get(metadata.propertyName) ?? { mostElements: 0, isAnything: false };
    if (metadata.name === 'arrayMaxSize') rule.mostElements = metadata.constraints[0] as number;
    if (metadata.type === ValidationTypes.WHITELIST) rule.isAnything = true;
    if (metadata.name === 'reading') Object.assign(rule, metadata.context as ReadingRule);
    rules.set(metadata.propertyName, rule);
  }
  known.set(type, rules);
  return rules;
}
