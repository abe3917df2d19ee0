package android.app;

import android.content.Context;

public class Notification {
    public static final int VISIBILITY_PUBLIC = 1;
    public static final String CATEGORY_ALARM = "alarm";

    String channel;
    String title;
    String text;
    String category;
    int icon;
    int visibility;
    PendingIntent opens;

    public static class Builder {
        private final Notification made = new Notification();

        public Builder(Context context) {}
        public Builder(Context context, String channelId) { made.channel = channelId; }

        public Builder setContentTitle(CharSequence title) { made.title = title.toString(); return this; }
        public Builder setContentText(CharSequence text) { made.text = text.toString(); return this; }
        public Builder setSmallIcon(int icon) { made.icon = icon; return this; }
        public Builder setCategory(String category) { made.category = category; return this; }
        public Builder setVisibility(int visibility) { made.visibility = visibility; return this; }
        public Builder setContentIntent(PendingIntent intent) { made.opens = intent; return this; }
        public Builder setAutoCancel(boolean autoCancel) { return this; }
        public Notification build() { return made; }
    }
}
