/** The limits of subscriptions, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

export const SUBSCRIPTION_HUBS = 4;
/** The platform allows 32,768 for one Durable Object. */
export const HUB_MAX_SOCKETS = 10_000;
export const SOCKET_MAX_SUBSCRIPTIONS = 50;
export const SOCKET_MESSAGE_MAX_BYTES = 64 * 1024;
export const SOCKET_MESSAGES_PER_SECOND = 20;
/** A client that reconnects sends all its subscriptions at once. */
export const SOCKET_MESSAGES_BURST = 60;
export const SOCKET_INITIALISATION_MS = 10_000;
/** A hub that has not answered the Worker's handshake by then takes no socket: the client is asked to try again. */
export const HUB_HANDSHAKE_TIMEOUT_MS = 5_000;
/** A socket whose session has ended gets answers that it waits for until then: one may be that of its own logout. */
export const SOCKET_LAST_ANSWERS_MS = 1_000;
/** An event that a hub has not accepted by then is sent again: with the next poll, or after `SALE_RETRY_MS`. */
export const HUB_PUBLISH_TIMEOUT_MS = 3_000;
/** A hub that has not said by then how many watch a source counts as one where nobody does. */
export const HUB_WATCHERS_TIMEOUT_MS = 1_000;
/** Executions of one event that take longer keep no other event waiting, and are sent when they end. */
export const EVENT_TIMEOUT_MS = 500;
/** The events of rooms that a hub remembers for clients that resume, of all its rooms together. */
export const HUB_JOURNALS_MAX_BYTES = 16 * 1024 * 1024;
/** Operations that could not be sent an event of a journal are sent it with later ones, or after this time, */
export const JOURNAL_RETRY_MS = 1_000;
/** which is doubled each time that they are sent nothing, up to this. */
export const JOURNAL_RETRY_MAX_MS = 30_000;
/** A feed that has not answered a hub by then refuses new subscriptions. The price feed's own limit is shorter. */
export const FEED_WATCH_TIMEOUT_MS = 8_000;
/** The least time between two calls of a hub that change what a feed watches for it. */
export const FEED_WATCH_PAUSE_MS = 50;
/** A new subscription then begins with the prices of other sources, and the next poll asks the price API again. */
export const PRICE_FEED_FETCH_TIMEOUT_MS = 1_000;
/**
 * Calls of the price API for symbols that nobody watched before, beside the poll. A call that takes longer than
 * `PRICE_FEED_FETCH_TIMEOUT_MS` does not count. The platform allows 6 connections.
 */
export const PRICE_FEED_FETCHES_AT_ONCE = 4;
/** Sources of which nobody else of its hub needs one, such as rooms: a socket begins so many at once, */
export const SOCKET_SOURCES_BURST = 50;
/** and so many a second: each takes calls of another object. */
export const SOCKET_SOURCES_PER_SECOND = 1;
/** Operations of one socket that begin at once: loading, waiting for a feed, or executing their answer. */
export const SOCKET_STARTS_AT_ONCE = 10;
/** The latest event of a topic without subscribers is kept for clients that resume. */
export const TOPIC_LOG_MAX_AGE_MS = 3_600_000;
export const TOPIC_LOG_MAX_BYTES = 1024 * 1024;
/** A socket that receives events is pinged after this many bytes or milliseconds, to see that it reads them. */
export const SOCKET_PING_AFTER_BYTES = 64 * 1024;
/** The least time between two pings: each of them, and its pong, costs the hub as much as an event. */
export const SOCKET_PING_PAUSE_MS = 1_000;
/** The same for a socket that has answered a ping before. */
export const SOCKET_PING_PAUSE_OF_READERS_MS = 5_000;
/** After this many bytes there is no such pause. A pong that answers a ping does not count as a message. */
export const SOCKET_PING_AT_ONCE_BYTES = 256 * 1024;
export const SOCKET_PING_AFTER_MS = 120_000;
/** A socket is closed if no pong arrives within this many further bytes or milliseconds, */
export const SOCKET_UNANSWERED_MAX_BYTES = 8 * 1024 * 1024;
export const SOCKET_UNANSWERED_MAX_MS = 60_000;
/** or if more than these bytes stay unanswered for this time: a burst must leave time for a pong. */
export const SOCKET_BEHIND_MAX_BYTES = 1024 * 1024;
export const SOCKET_BEHIND_MAX_MS = 10_000;
/** A socket with more unread bytes is answered nothing more until it reads. */
export const SOCKET_UNREAD_ANSWERS_MAX_BYTES = 1024 * 1024;
/**
 * Unread bytes of all sockets of a hub together, beside those for which a socket is not pinged yet; as many again of
 * closed sockets, whose memory the platform frees when the connection ends.
 */
export const HUB_UNREAD_MAX_BYTES = 8 * 1024 * 1024;
/** Beyond them the slowest sockets are closed: those without a pong for this time, */
export const HUB_BEHIND_MAX_MS = 3_000;
/** and an answer that finds no room for this time is refused. Answers of `SOCKET_PING_AFTER_BYTES` need no room. */
export const HUB_ROOM_TIMEOUT_MS = 10_000;
/**
 * With more unread bytes in its hub, a socket that has answered no ping yet is pinged, and its larger
 * answers wait for the pong.
 */
export const HUB_UNREAD_NEW_SOCKETS_MAX_BYTES = 4 * 1024 * 1024;
/**
 * Messages whose operations wait, of all sockets of a hub together. Beyond them an operation is refused if its socket's
 * would be more than `SOCKET_MESSAGE_MAX_BYTES` together.
 */
export const HUB_WAITING_MAX_BYTES = 4 * 1024 * 1024;
/** A socket that says nothing and is sent nothing is pinged after this time. Each pong wakes its hub. */
export const SOCKET_SILENT_PING_AFTER_MS = 600_000;
/** Only the latest of several changes of a sale within this time is sent. */
export const SALE_COALESCING_MS = 100;
export const SALE_RETRY_MS = 5_000;
/** A call of D1 by the sale feed that takes longer fails the reading that made it; the next reading begins. */
export const SALE_READ_TIMEOUT_MS = 3_000;
/** The interval of comments in an event stream: many proxies close a stream that is silent for 30 s. */
export const EVENT_STREAM_COMMENT_MS = 15_000;
/** Buffered events of one client. The first events of a hundred prices with a month of history are 4 MB. */
export const EVENT_STREAM_UNREAD_MAX_BYTES = 8 * 1024 * 1024;
/** The response waits this long for a refusal or a first event. A resumed stream may have no event. */
export const EVENT_STREAM_ANSWER_WITHIN_MS = 3_000;
/** `Retry-After` if no hub accepts a stream. */
export const EVENT_STREAM_RETRY_SECONDS = 5;
