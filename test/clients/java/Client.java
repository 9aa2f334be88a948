import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroDeserializationSchema;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroSerializationSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The Java client of the schema registry: Apache Flink's serialisers for Avro,
 * which carry Confluent's own registry client, and Apache Kafka's producer and
 * consumer. Confluent's serialisers themselves are not on Maven Central; Flink
 * has none for JSON Schema and Protobuf. Usage and answers are those of every
 * client of test/clients:
 *
 * <pre>
 *   walk avro TOPIC GROUP N   write n records of a first schema and n of a second that
 *                             follows it, read all, be refused a third; one line of JSON
 *   write avro TOPIC N NAME   write n records with the newest schema of the topic
 *   read avro TOPIC GROUP N   read n records; a line of JSON each
 * </pre>
 *
 * Environment: REGISTRY, KAFKA, USERNAME, PASSWORD.
 */
public final class Client {
  private static final String HEAD =
      "{\"type\":\"record\",\"name\":\"User\",\"namespace\":\"shop\",\"fields\":["
          + "{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"name\",\"type\":\"string\"}";
  private static final String FIRST = HEAD + "]}";
  private static final String SECOND =
      HEAD + ",{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null}]}";
  private static final String THIRD = HEAD + ",{\"name\":\"grade\",\"type\":\"int\"}]}";

  private final String topic;
  private final String subject;
  private final String url = System.getenv("REGISTRY");
  private final Map<String, String> login =
      Map.of(
          "basic.auth.credentials.source", "USER_INFO",
          "basic.auth.user.info", System.getenv("USERNAME") + ":" + System.getenv("PASSWORD"));
  private final CachedSchemaRegistryClient registry = new CachedSchemaRegistryClient(url, 100, login);

  private Client(String topic) {
    this.topic = topic;
    this.subject = topic + "-value";
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 5 || !args[1].equals("avro")) {
      System.err.println("usage: walk|read avro TOPIC GROUP N, write avro TOPIC N NAME");
      System.exit(2);
    }
    Client client = new Client(args[2]);
    switch (args[0]) {
      case "walk" -> System.out.println(client.walk(args[3], Integer.parseInt(args[4])));
      case "write" -> {
        String newest = client.registry.getLatestSchemaMetadata(client.subject).getSchema();
        client.write(newest, Integer.parseInt(args[3]), args[4]);
      }
      case "read" -> client.read(args[3], Integer.parseInt(args[4])).forEach(System.out::println);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private String walk(String group, int n) throws Exception {
    write(FIRST, n, "first");
    write(SECOND, n, "second");
    List<String> rows = read(group, 2 * n);
    String refused = "";
    try {
      serialiser(THIRD).serialize(record(THIRD, 0, "refused"));
    } catch (Exception e) {
      refused = messages(e);
    }
    List<Integer> versions = registry.getAllVersions(subject);
    List<Integer> ids = new ArrayList<>();
    for (int version : versions) {
      ids.add(back(version));
    }
    if (registry.getLatestSchemaMetadata(subject).getVersion() != versions.get(versions.size() - 1)) {
      throw new IllegalStateException("the latest version is another one than the last of " + versions);
    }
    if (!registry.getAllSubjects().contains(subject)) {
      throw new IllegalStateException(subject + " is not listed");
    }
    return "{\"client\":\"flink-sql-avro-confluent-registry 2.3.0\",\"versions\":" + versions + ",\"ids\":" + ids
        + ",\"records\":[" + String.join(",", rows) + "],\"refused\":" + quote(refused) + "}";
  }

  /** What the registry says of a version, by the client's own calls; gives its id. */
  private int back(int version) throws Exception {
    SchemaMetadata got = registry.getSchemaMetadata(subject, version);
    AvroSchema byId = (AvroSchema) registry.getSchemaById(got.getId());
    if (!byId.canonicalString().equals(new AvroSchema(got.getSchema()).canonicalString())) {
      throw new IllegalStateException("id " + got.getId() + " is " + byId + ", and the version " + got.getSchema());
    }
    if (registry.getVersion(subject, byId) != version || registry.getId(subject, byId) != got.getId()) {
      throw new IllegalStateException("the lookup of version " + version + " finds another");
    }
    return got.getId();
  }

  private SerializationSchema<GenericRecord> serialiser(String schema) {
    return ConfluentRegistryAvroSerializationSchema.forGeneric(subject, parse(schema), url, login);
  }

  private void write(String schema, int n, String name) throws Exception {
    SerializationSchema<GenericRecord> serialiser = serialiser(schema);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(kafka(Map.of(
        "key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer",
        "value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer",
        "delivery.timeout.ms", "30000", "request.timeout.ms", "20000")))) {
      for (int i = 0; i < n; i++) {
        byte[] value = serialiser.serialize(record(schema, i, name + "-" + i));
        producer.send(new ProducerRecord<>(topic, value)).get();
      }
    }
  }

  private List<String> read(String group, int n) throws IOException {
    DeserializationSchema<GenericRecord> deserialiser =
        ConfluentRegistryAvroDeserializationSchema.forGeneric(parse(SECOND), url, login);
    List<String> rows = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(kafka(Map.of(
        "key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer",
        "value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer",
        "group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false")))) {
      consumer.subscribe(List.of(topic));
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (rows.size() < n && System.nanoTime() < end) {
        for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(500))) {
          rows.add(row(deserialiser.deserialize(r.value())));
        }
      }
    }
    return rows;
  }

  private static Schema parse(String schema) {
    return new Schema.Parser().parse(schema);
  }

  private static GenericRecord record(String schema, int i, String name) {
    Schema s = parse(schema);
    GenericRecord r = new GenericData.Record(s);
    r.put("id", (long) i);
    r.put("name", name);
    if (schema.equals(SECOND) && name.startsWith("second")) {
      r.put("note", "note " + i);
    }
    if (s.getField("grade") != null) {
      r.put("grade", 1);
    }
    return r;
  }

  private static String row(GenericRecord r) {
    return "{\"id\":" + r.get("id") + ",\"name\":" + quote(r.get("name").toString()) + ",\"note\":"
        + (r.get("note") == null ? "null" : quote(r.get("note").toString())) + "}";
  }

  private static String quote(String s) {
    StringBuilder b = new StringBuilder("\"");
    for (char c : s.toCharArray()) {
      if (c == '"' || c == '\\') {
        b.append('\\').append(c);
      } else if (c < ' ') {
        b.append(String.format("\\u%04x", (int) c));
      } else {
        b.append(c);
      }
    }
    return b.append('"').toString();
  }

  /** What an application shows: the exception with all its causes. */
  private static String messages(Throwable t) {
    StringBuilder b = new StringBuilder();
    for (; t != null; t = t.getCause()) {
      b.append(b.isEmpty() ? "" : ": ").append(t.getMessage());
    }
    return b.toString();
  }

  private static Properties kafka(Map<String, String> more) {
    Properties p = new Properties();
    p.put("bootstrap.servers", System.getenv("KAFKA"));
    p.put("security.protocol", "SASL_PLAINTEXT");
    p.put("sasl.mechanism", "SCRAM-SHA-512");
    p.put("sasl.jaas.config", String.format(
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";",
        System.getenv("USERNAME"), System.getenv("PASSWORD")));
    p.putAll(more);
    return p;
  }
}
