package android.app;

import android.content.Context;
import android.content.Intent;

public final class PendingIntent {
    public static final int FLAG_IMMUTABLE = 1 << 26;
    public static final int FLAG_MUTABLE = 1 << 25;
    public static final int FLAG_UPDATE_CURRENT = 1 << 27;

    /** As Android 12 and later: an app that targets them must say whether the intent may be changed. */
    public static PendingIntent getActivity(Context context, int requestCode, Intent intent, int flags) {
        if ((flags & (FLAG_IMMUTABLE | FLAG_MUTABLE)) == 0) {
            throw new IllegalArgumentException("one of FLAG_IMMUTABLE or FLAG_MUTABLE must be specified");
        }
        return new PendingIntent();
    }

    public String what = "activity";

    public static PendingIntent getForegroundService(Context context, int requestCode, Intent intent, int flags) {
        PendingIntent made = getActivity(context, requestCode, intent, flags);
        made.what = "service in front";
        return made;
    }
}
