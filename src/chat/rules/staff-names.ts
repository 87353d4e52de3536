/** The names of moderators and of the team that a user must not have: all but their own. */
export const namesBeside = (
  staff: readonly { id: string; display_name: string | null }[],
  userId: string,
): string[] => staff.filter(({ id }) => id !== userId).flatMap(({ display_name }) => display_name ?? []);
