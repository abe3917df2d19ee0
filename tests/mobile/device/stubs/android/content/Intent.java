package android.content;

import android.net.Uri;

public class Intent {
    public static final String ACTION_MAIN = "android.intent.action.MAIN";
    public static final String ACTION_VIEW = "android.intent.action.VIEW";
    public static final String ACTION_DIAL = "android.intent.action.DIAL";
    public static final String ACTION_BATTERY_CHANGED = "android.intent.action.BATTERY_CHANGED";
    public static final String CATEGORY_LAUNCHER = "android.intent.category.LAUNCHER";
    public static final int FLAG_ACTIVITY_SINGLE_TOP = 0x20000000;

    private String action = "";
    private Uri data;
    private int flags;

    public Intent() {}
    public Intent(String action) { this.action = action; }
    public Intent(String action, Uri data) { this.action = action; this.data = data; }
    public Intent(Context context, Class<?> activity) {}

    public Intent addFlags(int more) { flags |= more; return this; }
    public Intent putExtra(String name, android.os.Parcelable value) {
        lantern.Heard.say("extra " + name + "=" + value);
        return this;
    }
    public int getFlags() { return flags; }
    public Intent setFlags(int flags) { this.flags = flags; return this; }
    public String getAction() { return action; }
    public Intent setAction(String action) { this.action = action; return this; }
    public Intent addCategory(String category) { return this; }
    public Uri getData() { return data; }
    public String getDataString() { return data == null ? null : data.toString(); }
    public Intent setData(Uri data) { this.data = data; return this; }
    public int getIntExtra(String name, int otherwise) {
        return name.equals("level") ? 62 : name.equals("scale") ? 100 : name.equals("status") ? 3 : otherwise;
    }
}
