// The three schemas of every format: the second may follow the first, the third
// may follow neither.
function avroSchema(which) {
  const fields = [{ name: 'id', type: 'long' }, { name: 'name', type: 'string' }];
  if (which === 2) fields.push({ name: 'note', type: ['null', 'string'], default: null });
  if (which === 3) fields.push({ name: 'grade', type: 'int' });
  return JSON.stringify({ type: 'record', name: 'User', namespace: 'shop', fields });
}

function jsonSchema(which) {
  const properties = { id: { type: 'integer' }, name: { type: which === 3 ? 'integer' : 'string' } };
  if (which === 2) properties.note = { type: 'string' };
  return JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#', title: 'User', type: 'object',
    properties, required: ['id', 'name'], additionalProperties: false,
  });
}

function protobufFields(which) {
  const fields = [{ name: 'id', type: 'int64', number: 1 }, { name: 'name', type: which === 3 ? 'int32' : 'string', number: 2 }];
  if (which === 2) fields.push({ name: 'note', type: 'string', number: 3 });
  return fields;
}

// The same for a key.
function avroKey(which) {
  const fields = [{ name: 'id', type: 'long' }];
  if (which === 2) fields.push({ name: 'region', type: ['null', 'string'], default: null });
  if (which === 3) fields.push({ name: 'grade', type: 'int' });
  return JSON.stringify({ type: 'record', name: 'Key', namespace: 'shop', fields });
}

function jsonKey(which) {
  const properties = { id: { type: which === 3 ? 'string' : 'integer' } };
  if (which === 2) properties.region = { type: 'string' };
  return JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#', title: 'Key', type: 'object',
    properties, required: ['id'], additionalProperties: false,
  });
}

function protobufKeyFields(which) {
  const fields = [{ name: 'id', type: which === 3 ? 'string' : 'int64', number: 1 }];
  if (which === 2) fields.push({ name: 'region', type: 'string', number: 2 });
  return fields;
}

function protobufText(type, all) {
  const fields = all.map((f) => `  ${f.type} ${f.name} = ${f.number};\n`);
  return `syntax = "proto3";\npackage shop;\n\nmessage ${type} {\n${fields.join('')}}\n`;
}

function record(which, i, name) {
  const r = { id: i, name };
  if (which === 2) r.note = `note ${i}`;
  return r;
}

function keyRecord(which, i) {
  const r = { id: i };
  if (which === 2) r.region = `region ${i}`;
  return r;
}

// optional is a field that may be absent: both libraries have types of their own
// for unions.
function optional(v) {
  return (v && typeof v === 'object' ? v.string : v) || null;
}

// parts are what values and keys have: the type and its fields in Protobuf, the
// texts of all formats, records, and a record as every client prints it.
export const parts = {
  value: {
    type: 'User', fields: protobufFields, record,
    texts: { avro: avroSchema, json: jsonSchema, protobuf: (which) => protobufText('User', protobufFields(which)) },
    row: (r) => ({ id: Number(r.id), name: r.name, note: optional(r.note) }),
  },
  key: {
    type: 'Key', fields: protobufKeyFields, record: keyRecord,
    texts: { avro: avroKey, json: jsonKey, protobuf: (which) => protobufText('Key', protobufKeyFields(which)) },
    row: (r) => ({ id: Number(r.id), region: optional(r.region) }),
  },
};
