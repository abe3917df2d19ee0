package lantern;

import java.util.ArrayList;
import java.util.List;

/** What the stubs were asked, one line a call, in order. */
public final class Heard {
    private static final List<String> lines = new ArrayList<>();

    public static synchronized void say(String line) { lines.add(line); }

    /** Everything since the last time, and forget it. */
    public static synchronized String take() {
        String all = String.join("\n", lines);
        lines.clear();
        return all;
    }
}
