/** In each message of the benchmark, which says no more than people do. */
export const MESSAGE_TEXT = 'An ordinary message that somebody writes, some fifty characters:';

/** The body of a request that posts by the registered mutation. */
export const postBody = (documentId: string, roomId: string, number: number): string => {
  const input = { roomId, text: `${MESSAGE_TEXT} ${number}`, clientMutationId: crypto.randomUUID() };
  return JSON.stringify({ documentId, variables: { input } });
};
