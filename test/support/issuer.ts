import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Configuration, Provider } from 'oidc-provider';

export const DASHBOARD = { id: 'dashboard', secret: 'the-secret-of-the-dashboard' };
export const AUDIENCE = 'https://synctrail.example.com';

export interface IssuerSettings {
  /** Address of the service, to which browsers come back. */
  serviceUrl?: string;
  /** Claims of people by what they type as login. */
  people?: Record<string, Record<string, unknown>>;
  /** Claims of the tokens that programs get, by client. */
  programs?: Record<string, Record<string, unknown>>;
  /** Seconds that a token of a program holds. */
  tokenSeconds?: number;
}

/** A real OpenID Connect issuer, `oidc-provider`, at an address of another site than the service's. */
export class TestIssuer {
  readonly url: string;
  /** Requests for its keys. */
  keysAsked = 0;
  private listener: RequestListener = (_request, response) => response.writeHead(503).end();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private settings: IssuerSettings,
  ) {
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(settings: IssuerSettings = {}): Promise<TestIssuer> {
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/jwks')) issuer.keysAsked += 1;
      issuer.listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new TestIssuer(server, settings);
    issuer.restart();
    return issuer;
  }

  /** Begins anew, with new keys; sessions and tokens of before are gone. */
  restart(settings: IssuerSettings = {}): void {
    this.settings = { ...this.settings, ...settings };
    const provider = quietly(() => new Provider(this.url, configurationOf(this.settings)));
    const answer = provider.callback();
    this.listener = (request, response) => void answer(request, response);
  }

  /** Answers nothing but 503, until it is started again. */
  fail(): void {
    this.listener = (_request, response) => response.writeHead(503).end();
  }

  /** A token for a program, made for an audience. */
  async tokenFor(client: string, audience = AUDIENCE): Promise<string> {
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:secret-of-${client}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
    });
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`The issuer answered with ${response.status}`);
    return token;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** It warns of what is meant for tests. */
function quietly<T>(make: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}

function configurationOf({ serviceUrl, people = {}, programs = {}, tokenSeconds = 60 }: IssuerSettings): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
  return {
    jwks: { keys: [key] },
    cookies: { keys: [randomUUID()] },
    clients: [
      {
        client_id: DASHBOARD.id,
        client_secret: DASHBOARD.secret,
        redirect_uris: [`${serviceUrl ?? 'http://127.0.0.1:1'}/sign-in/callback`],
        post_logout_redirect_uris: [`${serviceUrl ?? 'http://127.0.0.1:1'}/`],
      },
      ...Object.keys(programs).map((client) => ({
        client_id: client,
        client_secret: `secret-of-${client}`,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      })),
    ],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'roles'], email: ['email'] },
    findAccount: (_context, id) =>
      Object.hasOwn(people, id) ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined,
    extraTokenClaims: (_context, token) => ('clientId' in token ? programs[token.clientId!] : undefined),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          ...{ scope: '', audience, accessTokenFormat: 'jwt', accessTokenTTL: tokenSeconds },
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      ...{ Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
      ClientCredentials: tokenSeconds,
    },
  };
}
