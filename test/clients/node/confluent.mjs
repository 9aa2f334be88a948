// @confluentinc/schemaregistry. Its Avro and JSON serialisers would make schemas
// from values, without names; so schemas are registered first and the newest is
// taken. Protobuf registers by itself.
import { record, row, text } from './schemas.mjs';

export async function makeClient(require, format, topic) {
  const lib = require('@confluentinc/schemaregistry');
  const { version } = require('@confluentinc/schemaregistry/package.json');
  const types = format === 'protobuf' ? await protobufTypes(require) : null;
  const connect = () => lib.SchemaRegistryClient.newClient({
    baseURLs: [process.env.REGISTRY], maxRetries: 1,
    basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo: `${process.env.USERNAME}:${process.env.PASSWORD}` },
  });
  const registry = connect();
  const subject = `${topic}-value`;
  const schemaType = { avro: 'AVRO', json: 'JSON', protobuf: 'PROTOBUF' }[format];
  const [Serializer, Deserializer] = {
    avro: [lib.AvroSerializer, lib.AvroDeserializer], json: [lib.JsonSerializer, lib.JsonDeserializer],
    protobuf: [lib.ProtobufSerializer, lib.ProtobufDeserializer],
  }[format];
  const deserializer = new Deserializer(registry, lib.SerdeType.VALUE, {});
  let serializer;

  function latest(which) {
    const conf = { useLatestVersion: true, autoRegisterSchemas: false };
    if (types) conf.registry = types(which).registry;
    serializer = new Serializer(registry, lib.SerdeType.VALUE, conf);
  }

  return {
    name: `@confluentinc/schemaregistry ${version}`,

    async register(which) {
      if (types) {
        const { registry: r, message } = types(which);
        serializer = new Serializer(registry, lib.SerdeType.VALUE, { autoRegisterSchemas: true, registry: r });
        await serializer.serialize(topic, message(which === 3 ? { id: 0, name: 0 } : record(which, 0, 'x')));
        return;
      }
      await registry.register(subject, { schema: text(format, which), schemaType });
      registry.clearLatestCaches();
      latest(which);
    },

    async newest() { latest(1); },

    async encode(which, i, name) {
      const r = record(which, i, name);
      return serializer.serialize(topic, types ? types(which).message(r) : r);
    },

    async decode(data) { return row(await deserializer.deserialize(topic, data)); },

    // What the registry says of the subject, by the client's own calls: those of
    // a new client, as one that decoded Protobuf remembers its binary form.
    async back() {
      const registry = connect();
      const versions = await registry.getAllVersions(subject);
      const ids = [];
      for (const v of versions) {
        const got = await registry.getSchemaMetadata(subject, v, false);
        const byID = await registry.getBySubjectAndId(subject, got.id);
        if (byID.schema !== got.schema) throw new Error(`id ${got.id} is ${byID.schema}, and version ${v} ${got.schema}`);
        const found = await registry.getVersion(subject, { schema: got.schema, schemaType, references: got.references }, false);
        if (found !== v) throw new Error(`the lookup of version ${v} finds ${found}`);
        ids.push(got.id);
      }
      const newest = await registry.getLatestSchemaMetadata(subject);
      if (newest.version !== versions.at(-1)) throw new Error(`the latest of ${versions} is ${newest.version}`);
      if (!(await registry.getAllSubjects()).includes(subject)) throw new Error(`${subject} is not listed`);
      return { versions, ids };
    },
  };
}

// protobufTypes makes message types without generated code.
async function protobufTypes(require) {
  const { create, createFileRegistry, createMutableRegistry } = require('@bufbuild/protobuf');
  const { FileDescriptorProtoSchema, FieldDescriptorProto_Type: Type, FieldDescriptorProto_Label: Label } = require('@bufbuild/protobuf/wkt');
  const { protobufFields } = await import('./schemas.mjs');
  const made = new Map();
  return (which) => {
    if (!made.has(which)) {
      const file = create(FileDescriptorProtoSchema, {
        name: 'user.proto', package: 'shop', syntax: 'proto3',
        messageType: [{
          name: 'User',
          field: protobufFields(which).map((f) => ({
            name: f.name, jsonName: f.name, number: f.number, type: Type[f.type.toUpperCase()], label: Label.OPTIONAL,
          })),
        }],
      });
      const desc = createFileRegistry(file, () => undefined).getMessage('shop.User');
      const message = ({ id, ...others }) => create(desc, { id: BigInt(id), ...others });
      made.set(which, { registry: createMutableRegistry(desc), message });
    }
    return made.get(which);
  };
}
