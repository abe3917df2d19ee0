package android.os;

public class Build {
    public static String TAGS = "release-keys";
    public static String FINGERPRINT = "google/panther/panther:15/x:user/release-keys";
    public static String HARDWARE = "panther";

    public static class VERSION {
        public static int SDK_INT = 35;
    }
}
