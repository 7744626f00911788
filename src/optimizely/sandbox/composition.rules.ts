import type { Issue } from './error-answer.ts';
import type { Composition, ContentType, Property } from './model.ts';
import type { SeedModel } from './seed-model.ts';
import { choiceIssues, lengthIssues } from './text-rules.ts';

const BEHAVIORS = ['sectionEnabled', 'elementEnabled', 'formsElementEnabled'];
const LAYOUTS = ['grid', 'outline'];
/** The base types whose content is itself a composition. */
const COMPOSED = ['_experience', '_section'];
/** What a component with `sectionEnabled` calls the composition that it inherits. */
const INHERITED = 'composition';

/** What the service refuses in how a type takes part in compositions, and in its own. */
export function* compositionIssues(type: ContentType, model: SeedModel): Generator<Issue> {
  const { baseType = '', compositionBehaviors, composition } = type;
  yield* behaviorIssues(baseType, compositionBehaviors);
  if (!composition) return;
  if (!COMPOSED.includes(baseType)) {
    const detail = `A composition is only allowed with the base types ${COMPOSED.join(', ')}.`;
    yield { detail, field: 'composition' };
  }
  yield* layoutIssues(composition, 'composition', model);
}

/** What the service refuses in a property that holds a composition. */
export function* composedPropertyIssues(
  name: string,
  property: Property,
  owner: ContentType,
  model: SeedModel,
): Generator<Issue> {
  const path = `properties.${name}`;
  const { baseType, compositionBehaviors } = owner;
  const inherits = baseType === '_component' && compositionBehaviors.includes('sectionEnabled') && name === INHERITED;
  if (baseType !== '_experience' && !inherits) {
    const detail = `The property '${name}' of type 'composition' is only allowed in a content type of '_experience'.`;
    yield { detail, field: path };
  } else if (name === INHERITED && !inherits) {
    yield { detail: `The property name '${name}' is reserved.`, field: path };
  }
  yield* lengthIssues(property.format, `${path}.format`, 1, 255);
  yield* layoutIssues(property, path, model);
}

function* behaviorIssues(baseType: string, behaviors: string[]): Generator<Issue> {
  const field = 'compositionBehaviors';
  const isSection = baseType === '_section' && behaviors.every((behavior) => behavior === 'sectionEnabled');
  if (behaviors.length > 0 && baseType !== '_component' && !isSection) {
    const detail = `Composition behaviors are only allowed with the base type '_component', and 'sectionEnabled' with '_section'.`;
    yield { detail, field };
  }
  for (const behavior of behaviors) yield* choiceIssues(behavior, BEHAVIORS, field);
}

/** A grid holds elements and an outline holds sections; what is left out may be anything. */
function* layoutIssues({ format, allowedTypes = [] }: Composition, path: string, model: SeedModel): Generator<Issue> {
  yield* choiceIssues(format, LAYOUTS, `${path}.format`);
  if (format === undefined) return;
  for (const name of allowedTypes) {
    const layouts = layoutsOf(name, model);
    if (layouts && !layouts.includes(format)) {
      const detail = `The type '${name}' cannot be used in a '${format}' layout composition.`;
      yield { detail, field: `${path}.allowedTypes` };
    }
  }
}

/** The layouts that may hold a type; undefined for a base type that says nothing about it. */
function layoutsOf(name: string, model: SeedModel): string[] | undefined {
  if (name === '_component') return LAYOUTS;
  if (name === '_section') return ['outline'];
  const type = model.type(name);
  if (!type) return undefined;
  if (type.baseType === '_section') return ['outline'];
  const behaviors = type.compositionBehaviors;
  return LAYOUTS.filter((layout) => behaviors.includes(layout === 'grid' ? 'elementEnabled' : 'sectionEnabled'));
}
