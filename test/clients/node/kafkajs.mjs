// @kafkajs/confluent-schema-registry: one class for all formats.
import { parts } from './schemas.mjs';

export async function makeClient(require, format, topic, part = 'value') {
  const { record, row, texts: { [format]: text } } = parts[part];
  const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');
  const { version } = require('@kafkajs/confluent-schema-registry/package.json');
  const registry = new SchemaRegistry({
    host: process.env.REGISTRY, auth: { username: process.env.USERNAME, password: process.env.PASSWORD }, retry: { retries: 1 },
  });
  const subject = `${topic}-${part}`;
  const type = { avro: SchemaType.AVRO, json: SchemaType.JSON, protobuf: SchemaType.PROTOBUF }[format];
  const ids = [];
  let id;

  return {
    name: `@kafkajs/confluent-schema-registry ${version}`,

    async register(which) {
      ({ id } = await registry.register({ type, schema: text(which) }, { subject }));
      ids.push(id);
    },

    async newest() { id = await registry.getLatestSchemaId(subject); },

    async encode(which, i, name) { return registry.encode(id, record(which, i, name)); },

    async decode(data) { return row(await registry.decode(data)); },

    // What the registry says of the subject, by the client's own calls; it has
    // none that lists versions.
    async back() {
      const versions = [];
      for (const [i, want] of ids.entries()) {
        const got = await registry.getRegistryId(subject, i + 1);
        if (got !== want) throw new Error(`version ${i + 1} has id ${got}, not ${want}`);
        const found = await registry.getRegistryIdBySchema(subject, { type, schema: text(i + 1) });
        if (found !== want) throw new Error(`the lookup of version ${i + 1} finds ${found}`);
        versions.push(i + 1);
      }
      if (await registry.getLatestSchemaId(subject) !== ids.at(-1)) throw new Error('the latest is another one');
      return { versions, ids };
    },
  };
}
