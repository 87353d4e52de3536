/** Messages a second of one room, and the time until the last watcher has one. */
import { percentText, type Section, spreadText } from '../tables.ts';
import type { RoomsResult } from './measure-rooms.ts';

const RATE_HEAD = ['', 'messages/s', 'p50 ms', 'p99 ms', 'CPU µs/message', '× the bare object'];
const FAN_OUT_HEAD = [
  '',
  'frames/s',
  'CPU µs a frame',
  'p50 ms to the last',
  'p99 ms to the last',
  '× a price',
];

export const roomsSections = (result: RoomsResult): Section[] => [
  ratesSection(result),
  watchersSection(result),
];

function ratesSection(result: RoomsResult): Section {
  const { messages, watchedMessages, sockets, connections, mutations, watched, room, bare } = result;
  const rowOf = (name: string, rounds: RoomsResult['room'], ratio = '') => [
    name,
    spreadText(rounds.perSecond, 0),
    spreadText(rounds.p50Ms, 1),
    spreadText(rounds.p99Ms, 1),
    spreadText(rounds.cpuMicroseconds, 0),
    ratio,
    percentText(rounds.workerdThreadBusy.median),
    percentText(rounds.workerdThreadWaiting.median),
  ];
  const { roomOverBare, roomOverBareByThread } = result;
  return {
    title:
      `${messages} messages by as many users on ${connections} connections, into one room. D1, limits, room and hub share one ` +
      'thread here; the bare object writes the same rows and decides nothing',
    rows: [
      [...RATE_HEAD, 'workerd busy', 'waiting'],
      rowOf('by the mutation', mutations),
      rowOf(`${watchedMessages} by the mutation, until each of ${sockets} watchers has them all`, watched),
      rowOf(
        "the room's object alone",
        room,
        `${spreadText(roomOverBare, 2)}, by CPU alone ${roomOverBareByThread.median.toFixed(2)}`,
      ),
      rowOf('a bare Durable Object', bare),
    ],
    brief: RATE_HEAD.length,
  };
}

function watchersSection(result: RoomsResult): Section {
  const { fanOut, sockets, messageOverPrice, messageOverPriceByThread } = result;
  const ratio = `${spreadText(messageOverPrice, 2)}, by CPU alone ${messageOverPriceByThread.median.toFixed(2)}`;
  return {
    title:
      `The last of ${sockets} sockets, each of which watches a price and a room. A message is measured from its mutation, a price ` +
      'from the poll',
    rows: [
      [...FAN_OUT_HEAD, 'events', 'server busy', 'waiting', 'generator busy'],
      ...fanOut.map((row) => [
        row.name,
        spreadText(row.framesPerSecond, 0),
        spreadText(row.cpuMicrosecondsPerFrame, 1),
        row.lastP50Ms.toFixed(0),
        row.lastP99Ms.toFixed(0),
        row.key === 'messages' ? ratio : '',
        String(row.events),
        percentText(row.serverBusy.median),
        percentText(row.serverWaiting.median),
        percentText(row.generatorBusy.median),
      ]),
    ],
    brief: FAN_OUT_HEAD.length,
  };
}
