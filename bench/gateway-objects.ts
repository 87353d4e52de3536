import { productionConfig } from './bundle.ts';

/** The gateway's Durable Object classes, by binding. */
export function gatewayObjects(project?: string): Record<string, string> {
  const bindings = productionConfig(project).durable_objects.bindings as {
    name: string;
    class_name: string;
  }[];
  return Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name]));
}
