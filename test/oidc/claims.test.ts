import { assert, constantFrom, dictionary, oneof, property, string, array, type Arbitrary } from 'fast-check';
import { identified, type IssuerOptions, issuerOptions } from '#oidc';
import { identityOf } from '../../src/oidc/claims.ts';

const ENV = { ACCESS: 'keys', OIDC_ISSUER: 'https://login.example.com', OIDC_AUDIENCE: 'synctrail' };
const options = (env: NodeJS.ProcessEnv = {}): IssuerOptions => issuerOptions({ ...ENV, ...env })!;
const rolesOf = (claims: object, env: NodeJS.ProcessEnv = {}) =>
  identityOf({ sub: 'jane', ...claims }, options(env)).roles;

describe('the claims of an issuer', () => {
  it.each([
    ['a list', { roles: ['viewer', 'deploy@cms/staging'] }, {}, ['viewer', 'deploy@cms/staging']],
    ['one text', { roles: 'operator' }, {}, ['operator']],
    ['an object', { realm_access: { roles: ['admin'] } }, { OIDC_ROLES_CLAIM: 'realm_access.roles' }, ['admin']],
    ['a name with dots', { 'a.b/c.d': ['admin'] }, { OIDC_ROLES_CLAIM: 'a.b/c.d' }, ['admin']],
    [
      'groups',
      { groups: ['Team A', 'B'] },
      { OIDC_ROLES_CLAIM: 'groups', OIDC_ROLES: 'Team A=viewer,export' },
      ['viewer', 'export'],
    ],
    ['one role twice', { roles: ['viewer', 'viewer'] }, {}, ['viewer']],
  ])('give the roles of %s', (_what, claims, env, roles) => expect(rolesOf(claims, env)).toEqual(roles));

  it.each<[string, object, NodeJS.ProcessEnv?]>([
    ['nothing', {}],
    ['roles that are not ours', { roles: ['root', 'Admin', 'admin@', 'deploy@*/x', ''] }],
    ['what is no text', { roles: [1, null, ['admin'], { admin: true }] }],
    ['a number', { roles: 7 }],
    ['an inherited member', { OIDC: 1 }, { OIDC_ROLES_CLAIM: 'constructor.name' }],
    ['a role of ours, where the issuer has names of its own', { roles: ['admin'] }, { OIDC_ROLES: 'Staff=viewer' }],
  ])('give no role of %s', (_what, claims, env = {}) => expect(rolesOf(claims, env)).toEqual([]));

  it('name a person by the first name that the record can keep, and never by that of another claim', () => {
    const nameOf = (claims: object) => identityOf({ sub: 'id-1', ...claims }, options()).name;
    expect(nameOf({ preferred_username: 'jane', email: 'j@example.com' })).toBe('jane');
    expect(nameOf({ preferred_username: ' ', email: 'j@example.com', name: 'Jane' })).toBe('j@example.com');
    expect(nameOf({ preferred_username: 'a\0b', email: 7, name: 'x'.repeat(256) })).toBe('id-1');
  });

  it.each([undefined, '', ' ', 7, 'a\0b', '\ud800', 'x'.repeat(256)])('are refused with the subject %j', (sub) => {
    expect(() => identityOf({ sub }, options())).toThrow(expect.objectContaining({ code: 'INVALID_TOKEN' }));
  });

  it('tell a program from a person', () => {
    const typeOf = (claims: object) => identityOf({ sub: 'nightly', ...claims }, options()).type;
    expect([typeOf({ client_id: 'nightly' }), typeOf({ azp: 'nightly' }), typeOf({ azp: 'app' }), typeOf({})]).toEqual([
      ...['service', 'service', 'user', 'user'],
    ]);
  });

  it('give nobody more than their roles, whatever else they say', () => {
    const value: Arbitrary<unknown> = oneof(string(), array(oneof(string(), constantFrom('viewer', 'admin@', '*'))));
    assert(
      property(dictionary(string(), value), (claims) => {
        const { grants } = identified(identityOf({ ...claims, sub: 'jane', roles: ['viewer'] }, options()));
        expect(grants).toEqual([{ scope: 'read', platform: '*', environment: '*' }]);
      }),
    );
  });
});

describe('the configuration of an issuer', () => {
  it('is none where nothing is set', () => expect(issuerOptions({ ACCESS: 'keys' })).toBeUndefined());

  it.each([
    [{ ACCESS: undefined }, 'OIDC_ISSUER needs ACCESS=keys'],
    [{ ACCESS: 'open' }, 'OIDC_ISSUER needs ACCESS=keys'],
    [{ OIDC_AUDIENCE: undefined }, 'OIDC_ISSUER needs OIDC_AUDIENCE'],
    [{ OIDC_CLIENT_SECRET: 'very-secret' }, 'OIDC_CLIENT_SECRET needs OIDC_CLIENT_ID'],
    [{ OIDC_ISSUER: undefined }, 'OIDC_ISSUER must be an address'],
    [{ OIDC_ISSUER: 'http://login.example.com' }, 'OIDC_ISSUER must be an address that begins with https://'],
    [{ OIDC_ISSUER: 'https://login.example.com?a=b' }, 'OIDC_ISSUER must be an address'],
    [{ OIDC_ROLES: 'Staff=boss' }, 'OIDC_ROLES must be roles'],
    [{ OIDC_ROLES: 'Staff' }, 'OIDC_ROLES must be roles'],
    [{ OIDC_SCOPE: 'profile' }, 'OIDC_SCOPE must be openid'],
    [{ PUBLIC_URL: 'https://synctrail.example.com/' }, 'PUBLIC_URL must be an address without a path'],
    [{ OIDC_SESSION_MS: '12.5' }, 'OIDC_SESSION_MS must be a whole number'],
  ])('is refused with %j', (env, problem) => {
    const refused = () => issuerOptions({ ...ENV, ...env });
    expect(refused).toThrow(problem);
    expect(refused).not.toThrow('very-secret');
  });

  it('may have an issuer of this machine without TLS', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(options({ OIDC_ISSUER: `http://${host}:4444` }).url).toBe(`http://${host}:4444`);
    }
  });
});
