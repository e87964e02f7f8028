import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer and a consumer group of one member in one process, so on one clock:
 * BOOTSTRAP TOPIC PARTITIONS SCHEDULE WARM_UP_SECONDS MIN_BYTES MEAN_BYTES MAX_BYTES [PRODUCER_SETTING=VALUE ...].
 *
 * SCHEDULE is a file with the records of each second, one number per line, spread evenly over their second. A record
 * carries the time at which it was due and its number in its partition: a stalled producer does not hide the wait, and
 * the consumer notices whatever is lost, twice or out of order. What is printed, a line each:
 *   started | second N SENT ACKED RECEIVED (as it goes) | latency N COUNT P50 P99 MAX (per second in which records were
 *   due) | total COUNT P50 P99 P99.9 MAX (after the warm-up) | late P99 MAX (of sending, after when it was due) |
 *   check SENT ACKED FAILED RECEIVED MISPLACED. Times are in microseconds.
 */
public final class TimedLoad {
    private static final AtomicLong sent = new AtomicLong();
    private static final AtomicLong acked = new AtomicLong();
    private static final AtomicLong failed = new AtomicLong();
    private static final AtomicLong received = new AtomicLong();
    private static final CountDownLatch assigned = new CountDownLatch(1);
    private static volatile boolean isOver = false;
    private static volatile Throwable broken = null;
    private static volatile long startNanos = Long.MAX_VALUE;
    private static long misplaced = 0;
    private static long[] dueNanos;
    private static int[] latencyMicros;
    private static int[] lateMicros;

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        int partitions = Integer.parseInt(arguments[2]);
        int[] schedule = Files.readAllLines(Path.of(arguments[3])).stream().mapToInt(Integer::parseInt).toArray();
        int warmUpSeconds = Integer.parseInt(arguments[4]);
        int[] sizes = Arrays.stream(arguments, 5, 8).mapToInt(Integer::parseInt).toArray();
        int records = Arrays.stream(schedule).sum();
        dueNanos = new long[records];
        latencyMicros = new int[records];
        lateMicros = new int[records];

        Thread reader = new Thread(() -> read(arguments[0], topic, partitions));
        reader.start();
        while (!assigned.await(100, java.util.concurrent.TimeUnit.MILLISECONDS)) failIfBroken();
        Map<String, Object> settings = new HashMap<>();
        for (int at = 8; at < arguments.length; at++) {
            String[] setting = arguments[at].split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        settings.put("bootstrap.servers", arguments[0]);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.partitionsFor(topic);
            Thread reporter = new Thread(() -> report(schedule.length));
            System.out.println("started");
            startNanos = System.nanoTime();
            reporter.start();
            write(producer, topic, partitions, schedule, sizes);
            producer.flush();
            reporter.join();
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (received.get() < acked.get() && System.nanoTime() < deadline) {
            failIfBroken();
            Thread.sleep(10);
        }
        // What comes twice comes late: give it a chance to be noticed.
        Thread.sleep(500);
        isOver = true;
        reader.join();
        failIfBroken();
        summarise(schedule, warmUpSeconds);
    }

    private static void write(
            KafkaProducer<byte[], byte[]> producer, String topic, int partitions, int[] schedule, int[] sizes) {
        SplittableRandom chance = new SplittableRandom(2026);
        byte[] noise = new byte[1 << 20];
        chance.nextBytes(noise);
        long[] next = new long[partitions];
        int number = 0;
        for (int second = 0; second < schedule.length; second++) {
            for (int index = 0; index < schedule[second]; index++) {
                long due = startNanos + second * 1_000_000_000L + index * 1_000_000_000L / schedule[second];
                long now = System.nanoTime();
                while (now < due) {
                    LockSupport.parkNanos(due - now);
                    now = System.nanoTime();
                }
                lateMicros[number] = (int) ((now - due) / 1000);
                int partition = number % partitions;
                int size = size(chance, sizes);
                byte[] value = new byte[size];
                System.arraycopy(noise, chance.nextInt(noise.length - size), value, 0, size);
                ByteBuffer.wrap(value).putLong(due).putLong(next[partition]++);
                producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
                    (error == null ? acked : failed).incrementAndGet();
                });
                sent.incrementAndGet();
                number++;
            }
        }
    }

    /** Between the smallest and the largest; most are small, so that the mean is what was asked for. */
    private static int size(SplittableRandom chance, int[] sizes) {
        if (sizes[0] == sizes[2]) return sizes[0];
        double power = (double) (sizes[2] - sizes[0]) / (sizes[1] - sizes[0]) - 1;
        return sizes[0] + (int) ((sizes[2] - sizes[0]) * Math.pow(chance.nextDouble(), power));
    }

    private static void read(String bootstrap, String topic, int partitions) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", topic + "-readers");
        settings.put("auto.offset.reset", "earliest");
        long[] expected = new long[partitions];
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                public void onPartitionsRevoked(Collection<TopicPartition> revoked) {}

                public void onPartitionsAssigned(Collection<TopicPartition> given) {
                    if (given.size() == partitions) assigned.countDown();
                }
            });
            int count = 0;
            while (!isOver) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(100));
                long now = System.nanoTime();
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    ByteBuffer value = ByteBuffer.wrap(record.value());
                    long due = value.getLong();
                    if (value.getLong() != expected[record.partition()]++) misplaced++;
                    if (count < dueNanos.length) {
                        dueNanos[count] = due;
                        latencyMicros[count++] = (int) ((now - due) / 1000);
                    }
                    received.incrementAndGet();
                }
            }
        } catch (Throwable error) {
            broken = error;
        }
    }

    private static void report(int seconds) {
        for (int second = 0; second < seconds; second++) {
            long due = startNanos + (second + 1) * 1_000_000_000L;
            long now = System.nanoTime();
            while (now < due) {
                LockSupport.parkNanos(due - now);
                now = System.nanoTime();
            }
            long ackedNow = acked.get();
            System.out.printf("second %d %d %d %d%n", second, sent.get(), ackedNow, received.get());
        }
    }

    private static void summarise(int[] schedule, int warmUpSeconds) {
        int count = (int) Math.min(received.get(), dueNanos.length);
        int[][] bySecond = new int[schedule.length][];
        int[] filled = new int[schedule.length];
        for (int second = 0; second < schedule.length; second++) bySecond[second] = new int[schedule[second] + 1];
        for (int index = 0; index < count; index++) {
            int second = (int) ((dueNanos[index] - startNanos) / 1_000_000_000L);
            if (filled[second] < schedule[second]) bySecond[second][filled[second]++] = latencyMicros[index];
        }
        int kept = 0;
        int[] measured = new int[count];
        for (int second = 0; second < schedule.length; second++) {
            int[] values = Arrays.copyOf(bySecond[second], filled[second]);
            if (second >= warmUpSeconds) {
                System.arraycopy(values, 0, measured, kept, values.length);
                kept += values.length;
            }
            Arrays.sort(values);
            System.out.printf("latency %d %d %d %d %d%n", second, values.length, at(values, 50), at(values, 99), at(values, 100));
        }
        measured = Arrays.copyOf(measured, kept);
        Arrays.sort(measured);
        System.out.printf("total %d %d %d %d %d%n",
                kept, at(measured, 50), at(measured, 99), at(measured, 99.9), at(measured, 100));
        int skipped = Arrays.stream(schedule, 0, warmUpSeconds).sum();
        int[] late = Arrays.copyOfRange(lateMicros, skipped, lateMicros.length);
        Arrays.sort(late);
        System.out.printf("late %d %d%n", at(late, 99), at(late, 100));
        System.out.printf("check %d %d %d %d %d%n", sent.get(), acked.get(), failed.get(), received.get(), misplaced);
    }

    private static int at(int[] ordered, double percent) {
        if (ordered.length == 0) return 0;
        return ordered[Math.max(0, (int) Math.ceil(ordered.length * percent / 100) - 1)];
    }

    private static void failIfBroken() throws Exception {
        if (broken != null) throw new Exception("the consumer failed", broken);
    }
}
