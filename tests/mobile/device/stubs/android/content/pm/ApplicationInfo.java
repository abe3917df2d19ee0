package android.content.pm;

public class ApplicationInfo {
    public int flags = 0;
    public int icon = 7;
}
