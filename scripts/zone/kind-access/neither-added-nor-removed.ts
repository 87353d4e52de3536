const refuse = async (): Promise<never> => {
  throw new Error('Each zone has it: it is neither added nor removed');
};

export const NEITHER_ADDED_NOR_REMOVED = { create: refuse, remove: refuse };
