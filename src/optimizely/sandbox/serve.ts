import { parseArgs } from 'node:util';
import { type SandboxOptions, startSandbox } from './sandbox.ts';
import type { TenantCredentials } from './tenant.ts';

try {
  const options = readOptions(process.argv.slice(2));
  const { url, close } = await startSandbox(options);
  const tenants = ['demo-client', ...options.tenants.map(({ clientId }) => clientId)];
  console.log(`Simulated Optimizely CMS on ${url} (tenants: ${tenants.join(', ')})`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function readOptions(args: string[]): SandboxOptions & { tenants: TenantCredentials[] } {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4010' },
      host: { type: 'string', default: '127.0.0.1' },
      tenant: { type: 'string', multiple: true, default: [] },
      strict: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port} is no port: give a whole number from 0 to 65535.`);
  }
  return { port, host: values.host, strict: values.strict, tenants: values.tenant.map(readTenant) };
}

function readTenant(text: string): TenantCredentials {
  const [, clientId, clientSecret] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (!clientId || !clientSecret) throw new Error(`--tenant ${text} is no tenant: give id:secret.`);
  return { clientId, clientSecret };
}
