import { isJsonObject } from '#json';
import type { PlatformError, SyncAnswerItem } from '#platform';
import { fieldErrors } from './field-errors.ts';
import { ItemMessages } from './item-messages.ts';
import { KINDS, kindOfSection, type OptimizelyKind, type SentItem } from './manifest.ts';
import { CORRECT_HINT, FORCE_HINT, isDataLossRefusal } from './optimizely.errors.ts';
import { RefusedItems } from './refused-items.ts';

/** Where in a manifest a field stands: in an item, at a place within it. */
interface ItemField {
  item: SentItem;
  place: string;
}

const INDEX = /^(0|[1-9]\d{0,5})$/;
/** What stands between the names of a path, in all notations: `contentTypes[1].key`, `$.contentTypes.1`, `/contentTypes/1`. */
const NAMES = /[^.[\]/'"]+/g;

/**
 * What came of each item of a manifest that was refused as a whole, when the refusal names some of them; else undefined.
 * It names an item by its section and its index in there, or its key.
 */
export function readManifestRefusal(
  items: SentItem[],
  { statusCode, body }: PlatformError,
): SyncAnswerItem[] | undefined {
  if ((statusCode !== 400 && statusCode !== 422) || !isJsonObject(body)) return undefined;
  const itemAt = itemsByField(items);
  const own = new Map<SentItem, ItemMessages>();
  const refused = new RefusedItems();
  const nobodys = new ItemMessages();
  let at = 0;
  for (const { field, detail } of fieldErrors(body['errors'])) {
    at += 1;
    const found = itemAt(field);
    if (!found) {
      nobodys.add(at, placed(field, detail));
      continue;
    }
    const { item, place } = found;
    const messages = own.get(item) ?? new ItemMessages();
    own.set(item, messages);
    messages.add(at, placed(place, detail));
    refused.add(item, at, `"${item.typeKey}": ${placed(place, detail)}`);
  }
  if (own.size === 0) return undefined;
  return items.map((item) => {
    const messages = own.get(item);
    const error = messages ? malformed(messages) : refused.neighbours(nobodys);
    return { typeKey: item.typeKey, kind: item.kind, status: 'FAILED', outcome: 'NOT_APPLIED', error };
  });
}

function malformed({ quoted }: ItemMessages) {
  return isDataLossRefusal(quoted)
    ? { code: 'DATA_LOSS_REFUSED', message: `${quoted} ${FORCE_HINT}` }
    : { code: 'INVALID_REQUEST', message: `${quoted} ${CORRECT_HINT}` };
}

const placed = (place: string, detail: string) => (place === '' ? detail : `${place}: ${detail}`);

/** Finds the item in which a field of the manifest stands. */
function itemsByField(items: SentItem[]): (field: string) => ItemField | undefined {
  const sections = new Map<OptimizelyKind, SentItem[]>(KINDS.map((kind) => [kind, []]));
  const byKey = new Map<OptimizelyKind, Map<string, SentItem>>(KINDS.map((kind) => [kind, new Map()]));
  for (const item of items) {
    sections.get(item.kind)!.push(item);
    byKey.get(item.kind)!.set(item.typeKey, item);
  }
  return (field) => {
    const names = [...field.matchAll(NAMES).take(4)];
    // The manifest itself may have a name: `$`, or that of the parameter that holds it.
    const start = names.slice(0, 2).findIndex(([name]) => kindOfSection(name) !== undefined);
    const [section, name] = start < 0 ? [] : names.slice(start);
    const kind = section && kindOfSection(section[0]);
    if (!kind || !name) return undefined;
    const item = INDEX.test(name[0]) ? sections.get(kind)![Number(name[0])] : byKey.get(kind)!.get(name[0]);
    const place = field.slice(name.index + name[0].length).replace(/^[.[\]/'"]+/, '');
    return item && { item, place };
  };
}
