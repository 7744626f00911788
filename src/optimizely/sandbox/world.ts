import { Clock } from './clock.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { Problem } from './error-answer.ts';
import { Tenant, type TenantCredentials } from './tenant.ts';
import { Tokens } from './tokens.ts';

/** Everything that one sandbox remembers. */
export class World {
  readonly clock = new Clock();
  readonly tokens = new Tokens(this.clock);
  readonly faults = new Faults();
  readonly journal = new Journal();
  readonly #tenants = new Map<string, Tenant>();

  constructor(
    private readonly credentials: TenantCredentials[],
    readonly strict: boolean,
  ) {
    this.reset();
  }

  tenant(clientId: string): Tenant | undefined {
    return this.#tenants.get(clientId);
  }

  /** The tenant a control request names, else the first. */
  namedTenant(clientId = this.credentials[0]!.clientId): Tenant {
    const tenant = this.tenant(clientId);
    if (!tenant) throw Problem.invalid(`There is no tenant '${clientId}': ${[...this.#tenants.keys()].join(', ')}.`);
    return tenant;
  }

  /** Fresh tenants, no faults, an empty journal. Tokens stay valid and the clock does not go back. */
  reset(): void {
    for (const credentials of this.credentials) {
      this.#tenants.set(credentials.clientId, new Tenant(credentials, this.clock));
    }
    this.faults.clear();
    this.journal.clear();
  }
}
