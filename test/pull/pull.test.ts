import { type HostilePlatform, json, startHostilePlatform } from '../support/hostile-platform.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let platform: HostilePlatform;
let service: TestApp;

beforeAll(async () => {
  platform = await startHostilePlatform();
  service = await startTestApp(optimizelyAt(platform.url));
});
afterAll(async () => {
  await service?.close();
  await platform?.close();
});

describe('a pull', () => {
  it('names the fields that this service does not know, and compares all others', async () => {
    const article = { key: 'Article', baseType: '_component', displayName: 'Article' };
    await service.api('PUT', '/content-types/Article?author=jane', article);
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field${index}`, index]));
    const properties = { title: { type: 'string', colour: 'red' } };
    const contentTypes = [
      { ...article, weight: 3 },
      { key: 'Page', baseType: '_page', displayName: 'Page', properties, ...many },
    ];
    platform.answers = [json(200, { contentTypes })];
    const { body } = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
    expect(body).toMatchObject({
      differences: 1,
      items: [
        { typeKey: 'Article', state: 'same', unknownFields: ['/weight'], moreUnknownFields: 0 },
        { typeKey: 'Page', state: 'new', moreUnknownFields: 11 },
      ],
    });
    const [, page] = (body as { items: { unknownFields: string[] }[] }).items;
    expect(page!.unknownFields).toHaveLength(20);
    expect((await service.api('GET', '/content-types/Page/versions')).body).toMatchObject({
      items: [{ origin: 'OBSERVED' }],
    });
  });
});
