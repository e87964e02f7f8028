import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Runs Kafka's DumpLogSegments many times in one JVM: a line of arguments divided by tabs in, a line with the exit code
 * and, in base64, standard output and standard error out.
 */
public class ManyDumps {
    /** A stream whose target can be changed: Scala keeps hold of the System.out that it meets first. */
    private static final class Switched extends OutputStream {
        private ByteArrayOutputStream target = new ByteArrayOutputStream();

        @Override
        public void write(int oneByte) {
            target.write(oneByte);
        }

        @Override
        public void write(byte[] bytes, int start, int count) {
            target.write(bytes, start, count);
        }

        String take() {
            String taken = Base64.getEncoder().encodeToString(target.toByteArray());
            target = new ByteArrayOutputStream();
            return taken;
        }
    }

    public static void main(String[] ignored) throws Exception {
        PrintStream answers = System.out;
        Switched output = new Switched();
        Switched errors = new Switched();
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            int code = 0;
            try {
                kafka.tools.DumpLogSegments.main(line.split("\t", -1));
            } catch (Throwable failure) {
                code = 1;
                System.err.print("Exception in thread \"main\" ");
                failure.printStackTrace();
            }
            System.out.flush();
            System.err.flush();
            answers.println(code + " " + output.take() + " " + errors.take());
            answers.flush();
        }
    }
}
