// The three schemas of every format: the second may follow the first, the third
// may follow neither.
export function avroSchema(which) {
  const fields = [{ name: 'id', type: 'long' }, { name: 'name', type: 'string' }];
  if (which === 2) fields.push({ name: 'note', type: ['null', 'string'], default: null });
  if (which === 3) fields.push({ name: 'grade', type: 'int' });
  return JSON.stringify({ type: 'record', name: 'User', namespace: 'shop', fields });
}

export function jsonSchema(which) {
  const properties = { id: { type: 'integer' }, name: { type: which === 3 ? 'integer' : 'string' } };
  if (which === 2) properties.note = { type: 'string' };
  return JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#', title: 'User', type: 'object',
    properties, required: ['id', 'name'], additionalProperties: false,
  });
}

export function protobufFields(which) {
  const fields = [{ name: 'id', type: 'int64', number: 1 }, { name: 'name', type: which === 3 ? 'int32' : 'string', number: 2 }];
  if (which === 2) fields.push({ name: 'note', type: 'string', number: 3 });
  return fields;
}

export function protobufSchema(which) {
  const fields = protobufFields(which).map((f) => `  ${f.type} ${f.name} = ${f.number};\n`);
  return `syntax = "proto3";\npackage shop;\n\nmessage User {\n${fields.join('')}}\n`;
}

export function text(format, which) {
  return { avro: avroSchema, json: jsonSchema, protobuf: protobufSchema }[format](which);
}

export function record(which, i, name) {
  const r = { id: i, name };
  if (which === 2) r.note = `note ${i}`;
  return r;
}

// row is a record as every client prints it: both libraries have types of their
// own for numbers and for unions.
export function row(r) {
  const note = r.note && typeof r.note === 'object' ? r.note.string : r.note;
  return { id: Number(r.id), name: r.name, note: note || null };
}
