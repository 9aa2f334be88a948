"""Protobuf messages that are made here, so that nothing must be generated."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT32 = descriptor_pb2.FieldDescriptorProto.TYPE_INT32
INT64 = descriptor_pb2.FieldDescriptorProto.TYPE_INT64
STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING


def file(name, type_, fields, imports=()):
    """A file with one message, whose fields are (name, type); a type that is text
    is a message."""
    made = descriptor_pb2.FileDescriptorProto(name=name, package="shop", syntax="proto3", dependency=imports)
    of = made.message_type.add(name=type_)
    for number, (field, kind) in enumerate(fields, 1):
        f = of.field.add(name=field, number=number, label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL, json_name=field)
        if isinstance(kind, str):
            f.type, f.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, kind
        else:
            f.type = kind
    return made


def message(name, type_, fields, imports=()):
    """The class of the message of a file, with the files that it imports."""
    pool = descriptor_pool.DescriptorPool()
    for one in imports:
        pool.Add(one)
    pool.Add(file(name, type_, fields, [one.name for one in imports]))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"shop.{type_}"))
