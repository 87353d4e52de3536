import { unstable_readConfig } from 'wrangler';

/** The gateway's Durable Object classes, by binding. */
export function gatewayObjects(): Record<string, string> {
  const { durable_objects } = unstable_readConfig({ config: 'wrangler.toml', env: 'production' });
  const bindings = durable_objects.bindings as { name: string; class_name: string }[];
  return Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name]));
}
