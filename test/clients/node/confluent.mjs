// @confluentinc/schemaregistry. Its Avro and JSON serialisers would make schemas
// from values, without names; so schemas are registered first and the newest is
// taken. Protobuf registers by itself.
import { parts } from './schemas.mjs';

// wrong is a record of the third schema.
const wrong = { value: { id: 0, name: 0 }, key: { id: 'x' } };

export async function makeClient(require, format, topic, part = 'value') {
  const { record, row, texts: { [format]: text } } = parts[part];
  const lib = require('@confluentinc/schemaregistry');
  const { version } = require('@confluentinc/schemaregistry/package.json');
  const types = format === 'protobuf' ? protobufTypes(require, part) : null;
  const connect = () => lib.SchemaRegistryClient.newClient({
    baseURLs: [process.env.REGISTRY], maxRetries: 1,
    basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo: `${process.env.USERNAME}:${process.env.PASSWORD}` },
  });
  const registry = connect();
  const subject = `${topic}-${part}`;
  const schemaType = { avro: 'AVRO', json: 'JSON', protobuf: 'PROTOBUF' }[format];
  const [Serializer, Deserializer] = {
    avro: [lib.AvroSerializer, lib.AvroDeserializer], json: [lib.JsonSerializer, lib.JsonDeserializer],
    protobuf: [lib.ProtobufSerializer, lib.ProtobufDeserializer],
  }[format];
  const serdeType = part === 'key' ? lib.SerdeType.KEY : lib.SerdeType.VALUE;
  const deserializer = new Deserializer(registry, serdeType, {});
  let serializer;

  function latest(which) {
    const conf = { useLatestVersion: true, autoRegisterSchemas: false };
    if (types) conf.registry = types(which).registry;
    serializer = new Serializer(registry, serdeType, conf);
  }

  return {
    name: `@confluentinc/schemaregistry ${version}`,

    async register(which) {
      if (types) {
        const { registry: r, message } = types(which);
        serializer = new Serializer(registry, serdeType, { autoRegisterSchemas: true, registry: r });
        await serializer.serialize(topic, message(which === 3 ? wrong[part] : record(which, 0, 'x')));
        return;
      }
      await registry.register(subject, { schema: text(which), schemaType });
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
function protobufTypes(require, part) {
  const { create, createMutableRegistry } = require('@bufbuild/protobuf');
  const made = new Map();
  return (which) => {
    if (!made.has(which)) {
      const { type, fields } = parts[part];
      const desc = fileRegistry(require, file(require, `${type.toLowerCase()}.proto`, type, fields(which))).getMessage(`shop.${type}`);
      const whole = ({ id, ...others }) => ({ id: typeof id === 'number' ? BigInt(id) : id, ...others });
      made.set(which, { registry: createMutableRegistry(desc), message: (r) => create(desc, whole(r)) });
    }
    return made.get(which);
  };
}

// file is a file with one message; a field whose type is not a word of Protobuf
// is a message.
function file(require, name, type, fields, dependency = []) {
  const { create } = require('@bufbuild/protobuf');
  const { FileDescriptorProtoSchema, FieldDescriptorProto_Type: Type, FieldDescriptorProto_Label: Label } = require('@bufbuild/protobuf/wkt');
  return create(FileDescriptorProtoSchema, {
    name, package: 'shop', syntax: 'proto3', dependency,
    messageType: [{
      name: type,
      field: fields.map((f) => ({
        name: f.name, jsonName: f.name, number: f.number, label: Label.OPTIONAL,
        ...(f.type.startsWith('.') ? { type: Type.MESSAGE, typeName: f.type } : { type: Type[f.type.toUpperCase()] }),
      })),
    }],
  });
}

function fileRegistry(require, made, ...imports) {
  const { createFileRegistry } = require('@bufbuild/protobuf');
  return createFileRegistry(made, (name) => imports.find((f) => f.name === name));
}

// makeOrders is Protobuf with an import: the serialiser registers the imported
// file first, under a subject named like the file. In the second schema the
// importing and the imported message each have one more field (this client
// remembers a schema by its text, whatever it imports); in the third a field of
// the imported one has another type.
export function makeOrders(require, name, topic) {
  const lib = require('@confluentinc/schemaregistry');
  const { create, createMutableRegistry } = require('@bufbuild/protobuf');
  const { version } = require('@confluentinc/schemaregistry/package.json');
  const connect = () => lib.SchemaRegistryClient.newClient({
    baseURLs: [process.env.REGISTRY], maxRetries: 1,
    basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo: `${process.env.USERNAME}:${process.env.PASSWORD}` },
  });
  const registry = connect();
  const deserializer = new lib.ProtobufDeserializer(registry, lib.SerdeType.VALUE, {});
  let serializer;
  let files;

  return {
    name: `@confluentinc/schemaregistry ${version}`,

    async register(which) {
      const fields = [{ name: 'units', type: which === 3 ? 'string' : 'int64', number: 1 }];
      if (which === 2) fields.push({ name: 'currency', type: 'string', number: 2 });
      const order = [{ name: 'id', type: 'int64', number: 1 }, { name: 'price', type: '.shop.Money', number: 2 }];
      if (which === 2) order.push({ name: 'note', type: 'string', number: 3 });
      files = fileRegistry(require, file(require, 'order.proto', 'Order', order, [name]), file(require, name, 'Money', fields));
      serializer = new lib.ProtobufSerializer(registry, lib.SerdeType.VALUE, {
        autoRegisterSchemas: true, registry: createMutableRegistry(files.getMessage('shop.Order')),
      });
      await this.encode(which, 0);
    },

    async encode(which, i) {
      const price = { units: which === 3 ? `${i}` : BigInt(i), ...(which === 2 ? { currency: 'EUR' } : {}) };
      const made = create(files.getMessage('shop.Order'), { id: BigInt(i), price: create(files.getMessage('shop.Money'), price) });
      return serializer.serialize(topic, made);
    },

    async decode(data) {
      const r = await deserializer.deserialize(topic, data);
      return { id: Number(r.id), units: Number(r.price.units), currency: r.price.currency ?? '' };
    },

    // This one call of the library does not escape what it is given.
    async back() {
      const fresh = connect();
      return { versions: await fresh.getAllVersions(`${topic}-value`), imported: await fresh.getAllVersions(encodeURIComponent(name)) };
    },
  };
}
