import { circularContainment } from './circular-containment.ts';
import { compositionIssues } from './composition.rules.ts';
import type { SeedModel } from './seed-model.ts';
import { BASE_TYPES, type ContentType } from './model.ts';
import { propertyIssues, referenceIssues } from './property.rules.ts';
import type { Issue } from './error-answer.ts';
import { choiceIssues, countIssues, keyIssues, lengthIssues } from './text-rules.ts';

/** What the service refuses in a content type that is created or changed. */
export function* contentTypeIssues(type: ContentType, model: SeedModel): Generator<Issue> {
  const existing = model.existing(type.key);
  if (existing?.source) {
    yield { detail: `The content type '${type.key}' is defined by the system and cannot be changed.`, field: 'key' };
    return;
  }
  yield* keyIssues(type.key);
  yield* lengthIssues(type.displayName, 'displayName', 1, 255);
  yield* lengthIssues(type.description, 'description', 0, 255);
  yield* baseTypeIssues(type, existing);
  yield* compositionIssues(type, model);
  yield* listIssues(type, model);
  for (const { type: kind } of type.accessRights ?? []) {
    yield* choiceIssues(kind, ['user', 'role', 'application'], 'accessRights.type');
  }
  for (const [name, property] of Object.entries(type.properties)) {
    yield* propertyIssues(name, property, type, model);
  }
}

function* baseTypeIssues(type: ContentType, existing: ContentType | undefined): Generator<Issue> {
  const { key, baseType, isContract } = type;
  if (!isContract && baseType === undefined) yield { detail: `The field 'baseType' is required.`, field: 'baseType' };
  if (baseType !== undefined && !BASE_TYPES.includes(baseType)) {
    yield { detail: `The base type '${baseType}' is not supported.`, field: 'baseType' };
  }
  if (existing && existing.isContract !== isContract) {
    yield { detail: `Content type '${key}' cannot become a contract, nor stop being one.`, field: 'isContract' };
  } else if (existing && existing.baseType !== baseType) {
    yield { detail: `The base type of content type '${key}' cannot be changed.`, field: 'baseType' };
  }
}

function* listIssues(type: ContentType, model: SeedModel): Generator<Issue> {
  const { key, mayContainTypes, contracts, composition = {} } = type;
  for (const field of ['mayContainTypes', 'mediaFileExtensions', 'compositionBehaviors', 'contracts'] as const) {
    yield* countIssues(type[field], field);
  }
  yield* referenceIssues(composition.allowedTypes, 'composition.allowedTypes', model);
  yield* referenceIssues(composition.restrictedTypes, 'composition.restrictedTypes', model);
  for (const name of mayContainTypes) {
    if (name !== '*' && name !== '_self' && !model.hasReference(name)) {
      yield { detail: `Unable to find a content type '${name}'`, field: 'mayContainTypes' };
    }
  }
  for (const name of contracts) {
    if (!model.type(name)?.isContract) yield { detail: `Unable to find a contract '${name}'`, field: 'contracts' };
  }
  const circle = circularContainment(type, model.newTypes());
  if (circle.length > 0) {
    const detail = `Content type '${key}' has a circular dependency through '${circle.join(',')}'`;
    yield { detail, field: 'mayContainTypes' };
  }
}
