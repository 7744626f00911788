import { Injectable } from '@nestjs/common';
import { isJsonObject, type Json } from '#json';
import { DEFAULT_KIND, DEFAULT_MODEL, Platform, type RecordedCall, type SyncAnswer } from '#platform';
import { TrackSync } from '#tracking';
import { deploy } from '../support/deployments.ts';
import { MemoryShop } from '../support/memory-shop.ts';
import { plan } from '../support/plans.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const ITEMS_PER_CALL = 4;

/** Takes a few items at once, and refuses those that refer to what it neither has nor gets with them. */
@Platform('shop')
@Injectable()
class StrictShop extends MemoryShop {
  override readonly model = {
    ...DEFAULT_MODEL,
    ...{ serverSet: new Set(['revision']), elementKeys: ['id'], itemsPerCall: ITEMS_PER_CALL },
    references: (definition: Json) => refsOf(definition).map((typeKey) => ({ kind: DEFAULT_KIND, typeKey })),
  };
  readonly calls: string[][] = [];

  @TrackSync({ direction: 'PUSH' })
  override async push({ items, permit }: RecordedCall): Promise<SyncAnswer> {
    await permit();
    const known = new Set([...this.held.keys(), ...items.map(({ typeKey }) => typeKey)]);
    this.calls.push(items.map(({ typeKey }) => typeKey));
    return {
      statusCode: 200,
      items: items.map(({ typeKey, payload }) => {
        const unknown = refsOf(payload!).find((ref) => !known.has(ref));
        const error = { code: 'UNKNOWN_REFERENCE', message: `The shop has no "${unknown}".` };
        if (unknown !== undefined) return { typeKey, status: 'FAILED', error };
        this.held.set(typeKey, payload as never);
        return { typeKey, status: 'SUCCESS' };
      }),
    };
  }
}

function refsOf(definition: Json): string[] {
  return isJsonObject(definition) && Array.isArray(definition.refs) ? (definition.refs as string[]) : [];
}

let service: TestApp;
let shop: StrictShop;

beforeEach(async () => {
  service = await startTestApp({}, {}, undefined, [StrictShop]);
  shop = service.app.get(StrictShop);
});
afterEach(() => service.close());

async function define(types: Record<string, string[]>, title = 'First'): Promise<void> {
  const items = Object.entries(types).map(([typeKey, refs]) => ({
    typeKey,
    definition: { key: typeKey, title, refs },
  }));
  const { status } = await service.api('POST', '/content-types/import?platform=shop&author=jane', { items });
  expect(status).toBe(201);
}

const deployed = async () => {
  const { id } = await plan(service.api, { platform: 'shop', force: true, reason: 'The shop takes any change' });
  return deploy(service.api, { platform: undefined, planId: id });
};

/** So many types, each of which refers to the next, and the last one to the first. */
function circleOf(prefix: string, count: number): Record<string, string[]> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${prefix}${index}`, [`${prefix}${(index + 1) % count}`]]),
  );
}

it('sends a circle in one call, where a call of as many as the platform takes would cut it', async () => {
  await define({ Alone: [], Before: [], Of: ['Round0'], ...circleOf('Round', 3) });
  expect(await deployed()).toMatchObject({ status: 'SUCCESS' });
  expect(shop.calls).toEqual([
    ['Alone', 'Before'],
    ['Round0', 'Round1', 'Round2', 'Of'],
  ]);
});

it('refuses to plan a circle that is new to the target and that no call takes', async () => {
  await define({ Alone: [], ...circleOf('Round', ITEMS_PER_CALL + 1) });
  const { status, body } = await service.api('POST', '/plans', { platform: 'shop', actor: 'jane' });
  expect({ status, body }).toMatchObject({
    status: 409,
    body: { code: 'CIRCLE_TOO_LARGE', itemsPerCall: ITEMS_PER_CALL, items: { length: ITEMS_PER_CALL + 1 } },
  });
  expect(shop.calls).toEqual([]);
});

it('sends a circle in several calls when what it refers to stands at the target, and what is new before it', async () => {
  const { Round0: _first, ...rest } = circleOf('Round', ITEMS_PER_CALL + 2);
  await define(Object.fromEntries(Object.keys(rest).map((key) => [key, []])));
  await deployed();
  shop.calls.length = 0;
  await define(circleOf('Round', ITEMS_PER_CALL + 2), 'Second');
  expect(await deployed()).toMatchObject({ status: 'SUCCESS' });
  const order = shop.calls.flat();
  expect(shop.calls).toHaveLength(2);
  expect(order.indexOf('Round0')).toBeLessThan(order.indexOf('Round5'));
});
