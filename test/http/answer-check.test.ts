import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, AnswerCheck } from '../support/answer-check.ts';
import { checkAnswersOf, DOCUMENT, staleSource } from '../support/checked-answers.ts';

const id = '019a5f0e-7c11-7aaa-8000-000000000000';
const status: Record<string, unknown> = {
  ...{ id, status: 'FAILED', attempt: 1, nextAttemptAt: null, errorCode: null },
  ...{ completedAt: '2026-01-01T00:00:00.000Z', deployment: null },
};
const answer = (given: Partial<Answer> = {}): Answer => ({
  ...{ method: 'GET', path: `/api/v1/sync/${id}/status`, status: 200, contentType: 'application/json', body: status },
  ...given,
});

const problemAnswer = (code: number, name: string): Partial<Answer> => ({
  ...{ status: code, contentType: 'application/problem+json' },
  body: { ...{ type: 'about:blank', title: 'No', detail: 'No.', instance: '/' }, status: code, code: name },
});

describe('the check of answers against the document', () => {
  const check = AnswerCheck.read(DOCUMENT);

  it('takes what is as documented, null beside a reference too', () => {
    expect(check.fault(answer())).toBeUndefined();
    expect(check.fault(answer({ contentType: 'application/json; charset=utf-8' }))).toBeUndefined();
    expect(check.fault(answer({ status: 304, contentType: null, body: undefined }))).toBeUndefined();
    expect(check.fault(answer({ path: '/nowhere' }))).toBeUndefined();
    for (const [code, name] of [
      [404, 'SYNC_NOT_FOUND'],
      [404, 'NOT_FOUND'],
      [503, 'DATABASE_UNAVAILABLE'],
    ] as const)
      expect(check.fault(answer(problemAnswer(code, name)))).toBeUndefined();
    const patch = { path: `/api/v1/sync/${id}/diff`, contentType: 'application/json-patch+json' };
    expect(check.fault(answer({ ...patch, body: [{ op: 'replace', path: '/a', value: null }] }))).toBeUndefined();
  });

  it.each<[string, Partial<Answer>, RegExp]>([
    ['a status', { status: 206 }, /206, which its document does not name/],
    ['a media type', { contentType: 'text/html' }, /as text\/html; its document names application\/json$/],
    ['an error that is no problem', { status: 404 }, /names application\/problem\+json/],
    ['a member too few', { body: { ...status, attempt: undefined } }, /required property 'attempt'/],
    ['a member too many', { body: { ...status, secret: 1 } }, /additional properties.*secret/],
    ['a wrong type', { body: { ...status, attempt: '1' } }, /\/attempt must be number/],
    ['null where none may be', { body: { ...status, attempt: null } }, /\/attempt must be number/],
    ['a value of no enum', { body: { ...status, status: 'GREAT' } }, /\/status must be equal to one of/],
    ['a moment that is none', { body: { ...status, completedAt: 'today' } }, /\/completedAt must match format/],
    ['a problem without code', { status: 400, contentType: 'application/problem+json', body: {} }, /property 'code'/],
    ['a code that is of other routes', problemAnswer(404, 'PLAN_NOT_FOUND'), /\/code must be equal to one of/],
    ['a code under another status', problemAnswer(409, 'SYNC_NOT_FOUND'), /\/code must be equal to one of/],
    ['a code that there is not', problemAnswer(500, 'OH_NO'), /\/code must be equal to one of/],
    [
      'changes for a patch',
      { path: `/api/v1/sync/${id}/diff`, contentType: 'application/json-patch+json', body: { added: [] } },
      /must be array/,
    ],
  ])('finds %s', (_what, wrong, fault) => {
    // As it is sent: what is undefined is left out.
    expect(check.fault(JSON.parse(JSON.stringify(answer(wrong))) as Answer)).toMatch(fault);
  });
});

describe('every answer to a test', () => {
  it('is checked: the document is of these sources, because `npm test` builds what has changed', async () => {
    expect(staleSource()).toBeUndefined();
    const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('no'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    checkAnswersOf(url);
    await expect(fetch(`${url}/api/v1/deployments`)).rejects.toThrow(
      'GET /api/v1/deployments answered 200 as text/html',
    );
    server.close();
  });
});
