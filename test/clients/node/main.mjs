// The Node clients of the schema registry, as they come: CLIENT is `confluent`
// (@confluentinc/schemaregistry) or `kafkajs` (@kafkajs/confluent-schema-registry).
// Both write and read with kafkajs. Usage and answers are those of every client
// of test/clients:
//
//   CLIENT walk FORMAT TOPIC GROUP N   write n records of a first schema and n of a
//                                      second that follows it, read all, be refused
//                                      a third; one line of JSON
//   CLIENT write FORMAT TOPIC N NAME   write n records with the newest schema
//   CLIENT read FORMAT TOPIC GROUP N   read n records; a line of JSON each
//   CLIENT keys FORMAT TOPIC GROUP N   walk, with the three schemas on the keys
//   CLIENT imports FILE TOPIC GROUP N  walk, with Protobuf that imports a file,
//                                      which the serialiser registers under its
//                                      name (confluent alone)
//
// Environment: REGISTRY, KAFKA, USERNAME, PASSWORD, NODE_MODULES (the folder in
// which `npm ci` was run), and KAFKAJS_LOG (ERROR unless set).
import { createRequire } from 'node:module';

const env = process.env;
const require = createRequire(env.NODE_MODULES ? `${env.NODE_MODULES}/` : import.meta.url);
const { Kafka, logLevel } = require('kafkajs');

const [, , name, command, format, topic, ...rest] = process.argv;
const { makeClient, makeOrders } = await import(`./${name}.mjs`);
const client = command === 'imports' ? makeOrders(require, format, topic) : await makeClient(require, format, topic);
const keys = command === 'keys' ? await makeClient(require, format, topic, 'key') : null;
const kafka = new Kafka({
  clientId: env.USERNAME, brokers: [env.KAFKA], logLevel: logLevel[env.KAFKAJS_LOG || 'ERROR'],
  logCreator: () => ({ label, namespace, log }) => console.error(label, namespace, JSON.stringify(log)),
  sasl: { mechanism: 'scram-sha-512', username: env.USERNAME, password: env.PASSWORD },
});

async function send(messages) {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
}

// read gives n records.
async function read(group, n) {
  const got = [];
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`${got.length} of ${n} records within a minute`)), 60_000);
    const end = (f, e) => { clearTimeout(late); f(e); };
    consumer.on('consumer.crash', ({ payload }) => end(failed, payload.error));
    consumer.run({
      eachMessage: async ({ message }) => {
        try {
          if (got.length < n) got.push(await decode(message));
          if (got.length === n) end(done);
        } catch (e) { end(failed, e); }
      },
    }).catch((e) => end(failed, e));
  });
  await consumer.disconnect();
  return got;
}

async function decode({ key, value }) {
  const r = await client.decode(value);
  return keys ? { key: await keys.decode(key), id: r.id, name: r.name } : r;
}

// write writes n records. With keys, those have the schema and values the first.
async function write(which, n, prefix) {
  const messages = [];
  for (let i = 0; i < n; i++) {
    const value = await client.encode(keys ? 1 : which, i, `${prefix}-${i}`);
    messages.push(keys ? { key: await keys.encode(which, i), value } : { value });
  }
  await send(messages);
}

async function walk(walker, group, n) {
  await walker.register(1);
  await write(1, n, 'first');
  await walker.register(2);
  await write(2, n, 'second');
  const records = await read(group, 2 * n);
  let refused = '';
  try {
    await walker.register(3);
  } catch (e) {
    refused = e.message;
  }
  console.log(JSON.stringify({ client: client.name, ...await walker.back(), records, refused }));
}

switch (command) {
  case 'walk':
  case 'imports':
    await walk(client, rest[0], Number(rest[1]));
    break;
  case 'keys':
    await client.register(1);
    await walk(keys, rest[0], Number(rest[1]));
    break;
  case 'write':
    await client.newest();
    await write(1, Number(rest[0]), rest[1]);
    break;
  case 'read':
    for (const r of await read(rest[0], Number(rest[1]))) console.log(JSON.stringify(r));
    break;
  default:
    throw new Error(`no command ${command}`);
}

// Connections to the registry that are kept open would keep the process alive.
process.exit(0);
