// What a Node.js service does with kafkajs: administer, produce, consume in a group, resume. Prints one JSON object per step;
// test_kafkajs.py compares them. Usage: node scenario.mjs host:port topic group timestamp

import kafkajs from "kafkajs";

const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;

const [bootstrap, topic, group, timestamp] = process.argv.slice(2);
const startMs = Number(timestamp);
const kafka = new Kafka({ clientId: "surveyor", brokers: [bootstrap], logLevel: logLevel.ERROR });
const report = (step, facts) => console.log(JSON.stringify({ step, ...facts }));

async function consume(count, { commit }) {
  const consumer = kafka.consumer({ groupId: group, sessionTimeout: 10000, heartbeatInterval: 500 });
  const values = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          if (values.length === count) return;
          values.push({
            offset: message.offset,
            key: message.key?.toString() ?? null,
            value: message.value?.toString() ?? null,
            headers: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value.toString()])),
            timestamp: message.timestamp,
          });
          if (values.length === count) {
            if (commit) await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }]);
            resolve();
          }
        },
      })
      .catch(reject);
  });
  const described = (await admin.describeGroups([group])).groups[0];
  await consumer.disconnect();
  return { values, state: described.state, members: described.members.length };
}

const admin = kafka.admin();
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
await admin.connect();
await producer.connect();

report("create", { created: await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }) });
report("create-again", { created: await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }) });
const cluster = await admin.describeCluster();
report("cluster", { brokers: cluster.brokers.map(({ host, port }) => `${host}:${port}`) });

const messages = ["a", "b", "c", "d"].map((value, number) => ({
  key: `key-${value}`,
  value,
  headers: { number: String(number) },
  timestamp: String(startMs + number * 1000),
}));
report("produce", {
  acknowledged: (await producer.send({ topic, messages, compression: CompressionTypes.GZIP })).map(
    ({ partition, baseOffset, errorCode }) => ({ partition, baseOffset, errorCode }),
  ),
});
report("first", await consume(2, { commit: true }));
report("committed", { offsets: await admin.fetchOffsets({ groupId: group, topics: [topic] }) });
report("second", await consume(2, { commit: true }));

const tombstone = await producer.send({ topic, messages: [{ key: "key-a", value: null }], acks: -1 });
report("tombstone", { baseOffset: tombstone[0].baseOffset, read: (await consume(1, { commit: false })).values[0].value });

const offsets = await admin.fetchTopicOffsets(topic);
report("offsets", { all: offsets.map(({ partition, low, high }) => ({ partition, low, high })) });
report("offsets-by-timestamp", { all: await admin.fetchTopicOffsetsByTimestamp(topic, startMs + 1500) });

const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
const configs = await admin.describeConfigs({ resources: [{ ...resource, configNames: ["retention.ms"] }] });
report("configs", { retention: configs.resources[0].configEntries.map(({ configValue }) => configValue) });

await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "2" }] });
report("deleted-records", { low: (await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0).low });

// Kafka's brokers hear of partitions and deletions a little after the controller has answered: so these come last, and wait.
await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
let count;
do {
  count = (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length;
} while (count !== 3);
report("partitions", { count });

report("groups", { listed: (await admin.listGroups()).groups.some(({ groupId }) => groupId === group) });
report("deleted-group", { results: (await admin.deleteGroups([group])).map(({ errorCode }) => errorCode ?? 0) });
await admin.deleteTopics({ topics: [topic] });
let listed;
do {
  listed = (await admin.listTopics()).includes(topic);
} while (listed);
report("deleted-topic", { listed });

await producer.disconnect();
await admin.disconnect();
