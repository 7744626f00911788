import { readFileSync } from 'node:fs';
import { type Answer, json, type Received } from '../support/hostile-platform.ts';
import { behavesLikeAPlatform } from './behaves-like-a-platform.ts';
import type { PlatformHarness } from './platform-harness.ts';
import { ShopAdapter } from './shop.adapter.ts';

const accepted = (keys: string[]) => json(200, { accepted: keys });
const keysOf = (items: { typeKey: string }[]) => items.map(({ typeKey }) => typeKey);
const shopItem = (typeKey: string, definition: Record<string, string>) => ({
  kind: 'contentType',
  typeKey,
  definition,
});

const gone = (keys: string[]): Answer => json(200, { gone: keys });
const keysIn = ({ body }: Received) => JSON.parse(body) as string[];

const harness: PlatformHarness = {
  adapter: ShopAdapter,
  environment: 'default',
  install: (url) => {
    Object.assign(process.env, { SHOP_URL: url, SHOP_TOKEN: 'token-of-the-shop', SHOP_TIMEOUT_MS: '800' });
    return { providers: [ShopAdapter] };
  },
  credentials: ['token-of-the-shop'],
  items: [
    shopItem('Product', { name: 'text', price: 'money' }),
    shopItem('Customer', { name: 'text', email: 'email' }),
    shopItem('Order', { customer: 'Customer', total: 'money' }),
  ],
  sentIn: ({ body }) =>
    Object.entries(JSON.parse(body) as Record<string, never>).map(([typeKey, payload]) => ({
      kind: 'contentType',
      typeKey,
      payload,
    })),
  filled: (payload) => ({ ...payload, updatedAt: '2026-01-02T03:04:05Z' }),
  answers: {
    accepted: (items) => accepted(keysOf(items)),
    refused: (items, { typeKey }) => accepted(keysOf(items).filter((key) => key !== typeKey)),
    silentOn: (items, { typeKey }) => accepted(keysOf(items).filter((key) => key !== typeKey)),
    holding: (items) => json(200, Object.fromEntries(items.map(({ typeKey, payload }) => [typeKey, payload]))),
  },
  removal: {
    askedIn: (request) => (request.method === 'DELETE' ? keysIn(request).map((key) => shopItem(key, {})) : []),
    deleted: (refused) => (response, request) =>
      gone(keysIn(request).filter((key) => key !== refused?.typeKey))(response, request),
    gone: (response, request) => gone(keysIn(request))(response, request),
  },
};

describe('the shop of the docs behaves like a platform:', () => {
  behavesLikeAPlatform(() => harness);
});

it('is shown in the docs as it is run here', () => {
  const code = readFileSync('test/platform/shop.adapter.ts', 'utf8')
    .replace(`'#snapshot'`, `'synctrail/snapshot'`)
    .replace(`'#embedding'`, `'synctrail/tracking'`);
  expect(readFileSync('docs/embedding.md', 'utf8')).toContain(`\`\`\`ts\n${code}\`\`\``);
});
