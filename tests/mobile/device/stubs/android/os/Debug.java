package android.os;

public final class Debug {
    public static boolean connected = false;

    public static boolean isDebuggerConnected() { return connected; }
}
