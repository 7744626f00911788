import { isJsonObject, type Json, type JsonObject } from '#json';
import type { DefinitionChange, Impact } from '#platform';

/** A change to a field as a whole, or to an entry in it; `first`: an entry of a list that was empty. */
interface FieldChange extends DefinitionChange {
  entry: boolean;
  first: boolean;
}

type Rule = (change: FieldChange) => Impact;

/** Fields that are not here are unknown: an addition is additive, and all else, in doubt, breaking. */
const RULES = new Map<string, Rule>([
  ['displayName', () => 'cosmetic'],
  ['description', () => 'cosmetic'],
  ['sortOrder', () => 'cosmetic'],
  ['order', () => 'cosmetic'],
  ['group', () => 'cosmetic'],
  ['displayMode', () => 'cosmetic'],
  ['editorSettings', () => 'cosmetic'],

  ['key', () => 'breaking'],
  ['baseType', () => 'breaking'],
  ['type', () => 'breaking'],
  ['format', () => 'breaking'],
  ['items', () => 'breaking'],
  ['contentType', () => 'breaking'],
  ['isContract', flag({ on: 'breaking', off: 'breaking' })],
  ['isLocalized', flag({ on: 'additive', off: 'breaking' })],
  ['isRequired', flag({ on: 'breaking', off: 'additive' })],
  ['indexingType', indexing],

  ['maxLength', limit({ looser: 'higher' })],
  ['maxItems', limit({ looser: 'higher' })],
  ['maximum', limit({ looser: 'higher' })],
  ['minLength', limit({ looser: 'lower' })],
  ['minItems', limit({ looser: 'lower' })],
  ['minimum', limit({ looser: 'lower' })],
  ['pattern', ({ change }) => (change === 'removed' ? 'additive' : 'breaking')],

  ['mayContainTypes', list({ more: 'additive', fewer: 'breaking' })],
  ['contracts', list({ more: 'additive', fewer: 'breaking' })],
  ['compositionBehaviors', list({ more: 'additive', fewer: 'breaking' })],
  ['mediaFileExtensions', list({ more: 'additive', fewer: 'breaking' })],
  ['restrictedTypes', list({ more: 'breaking', fewer: 'additive' })],
  ['allowedTypes', list({ more: 'additive', fewer: 'breaking', none: 'everything' })],
  ['enum', list({ more: 'additive', fewer: 'breaking', none: 'everything' })],
]);

/** Fields whose parts are named by the author; behind such a name come fields again. */
const NAMED_PARTS = new Set(['properties', 'settings', 'choices', 'enum']);

/** What a change means; `before` is the whole definition that it starts from. */
export function impactOf(change: DefinitionChange, before: JsonObject | null): Impact {
  const { names } = change;
  const at = fieldIndex(names);
  const rule = RULES.get(names[at] ?? '');
  if (Array.isArray(change.before) && Array.isArray(change.after)) {
    return rule || change.before.some(isJsonObject) ? 'cosmetic' : 'breaking'; // only the order differs
  }
  if (!rule) return change.change === 'added' ? 'additive' : 'breaking';
  const field = valueAt(before, names.slice(0, at + 1));
  return rule({ ...change, entry: at + 1 < names.length, first: Array.isArray(field) && field.length === 0 });
}

/** Where in a path its innermost field stands: at 2 in `/properties/type/maxLength`, where `type` is a name. */
function fieldIndex(names: string[]): number {
  let at = 0;
  for (;;) {
    const next = NAMED_PARTS.has(names[at]!) ? at + 2 : names[at] === 'items' ? at + 1 : Infinity;
    if (next >= names.length) return at;
    at = next;
  }
}

function valueAt(root: Json, names: string[]): Json | undefined {
  let value: Json | undefined = root;
  for (const name of names) value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** A flag that is off when it is absent. */
function flag({ on, off }: { on: Impact; off: Impact }): Rule {
  return ({ before, after }) => {
    const was = before ?? false;
    const is = after ?? false;
    if (was === is) return 'cosmetic';
    if (was === false && is === true) return on;
    return was === true && is === false ? off : 'breaking';
  };
}

/** A limit that is absent lets everything through. Numbers, or strings with numbers or dates. */
function limit({ looser }: { looser: 'higher' | 'lower' }): Rule {
  return ({ before, after }) => {
    if (after === undefined || after === null) return 'additive';
    if (typeof before !== typeof after) return 'breaking';
    const growth = magnitude(after) - magnitude(before);
    return (looser === 'higher' ? growth >= 0 : growth <= 0) ? 'additive' : 'breaking';
  };
}

function magnitude(value: Json | undefined): number {
  if (typeof value !== 'string') return typeof value === 'number' ? value : Number.NaN;
  return Number.isNaN(Number(value)) ? Date.parse(value) : Number(value);
}

/** More may be searched after than before; what an absent value stands for is not known. */
function indexing({ before, after }: FieldChange): Impact {
  const LEVELS: (Json | undefined)[] = ['disabled', 'queryable', 'searchable'];
  const was = LEVELS.indexOf(before ?? 'disabled');
  const is = LEVELS.indexOf(after ?? 'disabled');
  return was >= 0 && is >= was && after !== 'disabled' ? 'additive' : 'breaking';
}

/** A list of names. With `none: 'everything'` a list that is empty or absent allows all there is. */
function list({ more, fewer, none }: { more: Impact; fewer: Impact; none?: 'everything' }): Rule {
  return ({ change, entry, first, before, after }) => {
    if (change === 'modified') return 'breaking';
    const whole = before ?? after;
    if (!entry && Array.isArray(whole) && whole.length === 0) return 'cosmetic';
    if (none && change === 'added' && (first || !entry)) return 'breaking';
    if (none && change === 'removed' && !entry) return 'additive';
    return change === 'added' ? more : fewer;
  };
}
