/** In each message of the benchmark, which says no more than people do. */
export const MESSAGE_TEXT = 'An ordinary message that somebody writes, some fifty characters:';
