/**
 * Reads points and queries as JSON from its input, and prints the rows of each answer as JSON. The table is that of
 * Analytics Engine, in ClickHouse, on which Analytics Engine is built.
 */
import { text } from 'node:stream/consumers';
import { Session } from 'chdb';

const { table, rows, queries } = JSON.parse(await text(process.stdin));
const columns = (name, type) => Array.from({ length: 20 }, (_, at) => `${name}${at + 1} ${type}`).join(', ');

const session = new Session();
try {
  session.query(
    `CREATE TABLE ${table} (dataset String DEFAULT '${table}', timestamp DateTime DEFAULT now(),
       _sample_interval UInt32, index1 String, ${columns('blob', 'String')}, ${columns('double', 'Float64')})
     ENGINE = Memory`,
  );
  const values = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  await session.insert({ table, values, format: 'JSONEachRow' });
  const answers = queries.map((query) => JSON.parse(session.query(query, 'JSON')).data);
  process.stdout.write(JSON.stringify(answers));
} finally {
  session.cleanup();
}
