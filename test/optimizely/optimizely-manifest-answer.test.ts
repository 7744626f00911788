import type { JsonObject } from '#json';
import { isManifestResult, readManifestAnswer } from '../../src/optimizely/manifest-answer.ts';
import type { SentItem } from '../../src/optimizely/manifest.ts';

const type = (typeKey: string): SentItem => ({ typeKey, kind: 'contentType' });
const SENT: SentItem[] = [
  { typeKey: 'seo', kind: 'propertyGroup' },
  type('Article'),
  type('Teaser'),
  { typeKey: 'Card', kind: 'displayTemplate' },
];

const done = (section: string, resource: string) => ({ section, resource, message: `'${resource}' was created.` });
const BREAKING = {
  section: 'contentTypes',
  resource: 'Article',
  message:
    "The changes to 'Article' are considered breaking and could potentially result in data loss. Use the 'ignoreDataLossWarnings' option to apply the changes anyway.",
};

/** The status of each item, with the code of its failure. */
function read(body: JsonObject, items = SENT): Record<string, string> {
  return Object.fromEntries(
    readManifestAnswer(items, body).map(({ typeKey, status, error }) => [
      typeKey,
      error ? `${status} ${error.code}` : status,
    ]),
  );
}

const messageOf = (typeKey: string, body: JsonObject) =>
  readManifestAnswer(SENT, body).find((item) => item.typeKey === typeKey)?.error?.message;

describe('the answer to a manifest', () => {
  it.each([
    ['nothing', undefined],
    ['a list', []],
    ['neither list', { success: true }],
    ['null for both', { outcomes: null, errors: null }],
    ['errors that are no list', { outcomes: [], errors: 'none' }],
  ])('is none when it is %s', (_name, body) => expect(isManifestResult(body)).toBe(false));

  it('without errors is a success of everything', () => {
    expect(read({ outcomes: [], errors: [] })).toEqual({
      seo: 'SUCCESS',
      Article: 'SUCCESS',
      Teaser: 'SUCCESS',
      Card: 'SUCCESS',
    });
  });

  it('without a list of errors proves what its outcomes name, and no more', () => {
    const body = { outcomes: [done('contentTypes', 'Article')] };
    expect(isManifestResult(body)).toBe(true);
    expect(read(body)).toMatchObject({ Article: 'SUCCESS', Teaser: 'FAILED UNPROVEN' });
  });

  it('fails what an error names, and what was not applied because of it', () => {
    const outcomes = [done('propertyGroups', 'seo')];
    const errors = [{ section: 'contentTypes', resource: 'Article', message: 'It has no display name' }];
    expect(read({ outcomes, errors })).toEqual({
      seo: 'SUCCESS',
      Article: 'FAILED REFUSED',
      Teaser: 'FAILED NOT_APPLIED',
      Card: 'FAILED UNPROVEN',
    });
    expect(messageOf('Teaser', { outcomes, errors })).toContain('"Article": It has no display name.');
  });

  it('tells what is known of the effect on each item', () => {
    const outcomes = (body: JsonObject) => readManifestAnswer(SENT, body).map(({ outcome }) => outcome);
    expect(outcomes({ outcomes: [done('propertyGroups', 'seo')], errors: [BREAKING] })).toEqual([
      undefined, // by its status
      'NOT_APPLIED',
      'NOT_APPLIED',
      'UNKNOWN',
    ]);
    expect(outcomes({ outcomes: [done('contentTypes', 'Article')], errors: [BREAKING, 'No'] })).toEqual([
      'UNKNOWN',
      'PARTLY_APPLIED',
      'UNKNOWN',
      'UNKNOWN',
    ]);
  });

  it('names the refused items by key for those that were not applied with them, many or few', () => {
    const sent = Array.from({ length: 9 }, (_, index) => type(`T${index}`));
    const errors = sent.slice(1).map(({ typeKey }) => ({ section: 'contentTypes', resource: typeKey, message: 'No' }));
    const [first] = readManifestAnswer(sent, { outcomes: [], errors });
    expect(first!.error!.message).toBe(
      'Not applied, because the platform refused "T1", "T2", "T3", "T4", "T5" and 3 more in the same call: ' +
        '"T1": No. "T2": No. "T3": No. "T4": No. "T5": No. And 3 more. Correct or leave out these, and push again.',
    );
  });

  it('believes an outcome that names an item beside a refused one', () => {
    const body = { outcomes: [done('contentTypes', 'Teaser')], errors: [BREAKING] };
    expect(read(body)).toMatchObject({ Article: 'FAILED DATA_LOSS_REFUSED', Teaser: 'SUCCESS' });
  });

  it('is partial for an item that both an outcome and an error name', () => {
    const body = { outcomes: [done('contentTypes', 'Article')], errors: [BREAKING] };
    expect(read(body)).toMatchObject({ Article: 'PARTIAL DATA_LOSS_REFUSED' });
  });

  it('names force as the way out of a data-loss refusal', () => {
    expect(messageOf('Article', { outcomes: [], errors: [BREAKING] })).toContain('with force and a reason');
  });

  it.each([null, '', 'Ghost', 'seo', 7])(
    'takes an error about %p among the types as one about all types',
    (resource) => {
      const errors = [{ section: 'contentTypes', resource, message: 'No' }];
      expect(read({ outcomes: [done('propertyGroups', 'seo')], errors })).toEqual({
        seo: 'SUCCESS',
        Article: 'FAILED REFUSED',
        Teaser: 'FAILED REFUSED',
        Card: 'FAILED UNPROVEN',
      });
    },
  );

  it.each<[string, JsonObject[string]]>([
    ['without a section', { message: 'No' }],
    ['with an unknown section', { section: 'locales', message: 'No' }],
    ['that is a text', 'No'],
    ['that is null', null],
  ])('takes an error %s as one about everything', (_name, error) => {
    const failed = 'FAILED REFUSED';
    expect(read({ outcomes: [], errors: [error] })).toEqual({
      seo: failed,
      Article: failed,
      Teaser: failed,
      Card: failed,
    });
  });

  it.each(['contentTypes', 'ContentType', 'content-types', 'CONTENTTYPES', undefined])(
    'finds an item by its key under the section %p',
    (section) => {
      const errors = [{ resource: 'Article', message: 'No', ...(section && { section }) }];
      expect(read({ outcomes: [], errors })).toMatchObject({ Article: 'FAILED REFUSED', Teaser: 'FAILED NOT_APPLIED' });
    },
  );

  it('does not take a key that two kinds share for one of them', () => {
    const items: SentItem[] = [type('Hero'), { typeKey: 'Hero', kind: 'displayTemplate' }];
    const answer = readManifestAnswer(items, { outcomes: [{ resource: 'Hero', message: 'done' }], errors: [BREAKING] });
    expect(answer.map(({ kind, status }) => [kind, status])).toEqual([
      ['contentType', 'FAILED'],
      ['displayTemplate', 'FAILED'],
    ]);
  });
});
