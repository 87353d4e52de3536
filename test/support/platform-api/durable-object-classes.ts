/** The Durable Object classes of one Worker, as its migrations made them. */
import { createHash } from 'node:crypto';
import { ApiError } from './resource.ts';
import type { MigrationsUpload } from './worker-upload.ts';

const NO_SUCH_CLASS = 10_061;
const CLASS_NOT_EXPORTED = 10_064;
const CLASS_EXISTS = 10_074;
const TAG_PRECONDITION_FAILED = 10_079;

export interface DurableObjectClass {
  readonly namespaceId: string;
  readonly useSqlite: boolean;
}

export class DurableObjectClasses {
  readonly #worker: string;
  #tag: string | undefined;
  #byName: ReadonlyMap<string, DurableObjectClass> = new Map();

  constructor(worker: string) {
    this.#worker = worker;
  }

  /** The tag of the last migration. */
  get migrationTag(): string | undefined {
    return this.#tag;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws ApiError where no migration made the class */
  get(name: string): DurableObjectClass {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    throw new ApiError(
      400,
      NO_SUCH_CLASS,
      `Cannot create binding for class '${name}' because it is not currently configured to implement Durable Objects. Ensure a --new-class migration has been applied to it.`,
    );
  }

  /** All steps or none. @throws ApiError where the tag is not that of this Worker, or a step does not fit its classes */
  apply({ old_tag, new_tag, steps }: MigrationsUpload): void {
    if (old_tag !== this.#tag)
      throw new ApiError(
        412,
        TAG_PRECONDITION_FAILED,
        `Migration tag precondition failed; current tag is ${this.#tag}`,
      );
    const next = new Map(this.#byName);
    const take = (name: string, kind: string): DurableObjectClass => {
      const found = next.get(name);
      if (found === undefined) throw refusedStep(kind, name, 'that does not exist');
      next.delete(name);
      return found;
    };
    const create = (name: string, kind: string, useSqlite: boolean) => {
      if (next.has(name))
        throw refusedStep(kind, name, 'that is already depended on by existing Durable Objects');
      const namespaceId = createHash('md5').update(`${this.#worker} ${name} ${new_tag}`).digest('hex');
      next.set(name, { namespaceId, useSqlite });
    };
    for (const step of steps) {
      for (const name of step.new_classes ?? []) create(name, 'new-class', false);
      for (const name of step.new_sqlite_classes ?? []) create(name, 'new-sqlite-class', true);
      for (const { from, to } of step.renamed_classes ?? []) next.set(to, take(from, 'rename-class'));
      for (const name of step.deleted_classes ?? []) take(name, 'delete-class');
    }
    this.#byName = next;
    this.#tag = new_tag;
  }

  /** @throws ApiError where the code has no class for objects that exist */
  requireExports(exported: readonly string[]): void {
    for (const name of this.names)
      if (!exported.includes(name))
        throw new ApiError(
          400,
          CLASS_NOT_EXPORTED,
          `New version of script does not export class '${name}' which is depended on by existing Durable Objects.`,
        );
  }

  /** For trying a migration before it is kept. */
  copy(): DurableObjectClasses {
    const copy = new DurableObjectClasses(this.#worker);
    copy.#tag = this.#tag;
    copy.#byName = this.#byName;
    return copy;
  }
}

const refusedStep = (kind: string, name: string, why: string) =>
  new ApiError(400, CLASS_EXISTS, `Cannot apply ${kind} migration to class '${name}' ${why}`);
