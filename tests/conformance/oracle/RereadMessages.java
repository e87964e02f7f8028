import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/** Reads messages with Kafka's own classes and writes them again: each line is "class version hex", and so is the output. */
public class RereadMessages {
    public static void main(String[] arguments) throws Exception {
        StringBuilder output = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] parts = line.split(" ", -1);
            output.append(parts[0]).append(' ').append(parts[1]).append(' ');
            try {
                output.append(reread(parts[0], Short.parseShort(parts[1]), HexFormat.of().parseHex(parts[2])));
            } catch (Exception error) {
                output.append(error);
            }
            output.append('\n');
        }
        Files.write(Path.of(arguments[1]), output.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String reread(String name, short version, byte[] encoded) throws Exception {
        Message message = (Message) Class.forName(name).getDeclaredConstructor().newInstance();
        ByteBuffer received = ByteBuffer.wrap(encoded);
        message.read(new ByteBufferAccessor(received), version);
        if (received.hasRemaining()) {
            return received.remaining() + " bytes are left over";
        }
        ByteBuffer written = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[written.remaining()];
        written.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
