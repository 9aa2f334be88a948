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
//
// Environment: REGISTRY, KAFKA, USERNAME, PASSWORD, NODE_MODULES (the folder in
// which `npm ci` was run), and KAFKAJS_LOG (ERROR unless set).
import { createRequire } from 'node:module';

const env = process.env;
const require = createRequire(env.NODE_MODULES ? `${env.NODE_MODULES}/` : import.meta.url);
const { Kafka, logLevel } = require('kafkajs');

const [, , name, command, format, topic, ...rest] = process.argv;
const { makeClient } = await import(`./${name}.mjs`);
const client = await makeClient(require, format, topic);
const kafka = new Kafka({
  clientId: env.USERNAME, brokers: [env.KAFKA], logLevel: logLevel[env.KAFKAJS_LOG || 'ERROR'],
  logCreator: () => ({ label, namespace, log }) => console.error(label, namespace, JSON.stringify(log)),
  sasl: { mechanism: 'scram-sha-512', username: env.USERNAME, password: env.PASSWORD },
});

async function send(values) {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
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
          if (got.length < n) got.push(await client.decode(message.value));
          if (got.length === n) end(done);
        } catch (e) { end(failed, e); }
      },
    }).catch((e) => end(failed, e));
  });
  await consumer.disconnect();
  return got;
}

async function write(which, n, prefix) {
  const values = [];
  for (let i = 0; i < n; i++) values.push(await client.encode(which, i, `${prefix}-${i}`));
  await send(values);
}

async function walk(group, n) {
  await client.register(1);
  await write(1, n, 'first');
  await client.register(2);
  await write(2, n, 'second');
  const records = await read(group, 2 * n);
  let refused = '';
  try {
    await client.register(3);
  } catch (e) {
    refused = e.message;
  }
  const { versions, ids } = await client.back();
  console.log(JSON.stringify({ client: client.name, versions, ids, records, refused }));
}

switch (command) {
  case 'walk':
    await walk(rest[0], Number(rest[1]));
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
