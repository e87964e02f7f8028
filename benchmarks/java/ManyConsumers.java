import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Many consumers of one partition in one process, each reading all of it: BOOTSTRAP TOPIC CONSUMERS RECORDS.
 * They start together once all are there; prints the records per second of all of them.
 */
public final class ManyConsumers {
    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        int consumers = Integer.parseInt(arguments[2]);
        long records = Long.parseLong(arguments[3]);
        AtomicLong total = new AtomicLong();
        CountDownLatch ready = new CountDownLatch(consumers);
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < consumers; number++) {
            Thread thread = new Thread(() -> {
                try (KafkaConsumer<byte[], byte[]> consumer = consumer(arguments[0])) {
                    List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0));
                    consumer.assign(partitions);
                    consumer.seekToBeginning(partitions);
                    consumer.position(partitions.get(0));
                    ready.countDown();
                    ready.await();
                    long read = 0;
                    while (read < records) read += consumer.poll(Duration.ofSeconds(10)).count();
                    total.addAndGet(read);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            });
            threads.add(thread);
            thread.start();
        }
        ready.await();
        long started = System.nanoTime();
        for (Thread thread : threads) thread.join();
        if (total.get() < records * consumers) {
            System.err.println("read " + total.get() + " records of " + records * consumers);
            System.exit(1);
        }
        System.out.printf("%d records: %.1f%n", total.get(), total.get() / ((System.nanoTime() - started) / 1e9));
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("check.crcs", "false");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
