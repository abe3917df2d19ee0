package android.app;

import java.util.HashMap;
import java.util.Map;

public class NotificationManager {
    public static final int IMPORTANCE_DEFAULT = 3;
    public static final int IMPORTANCE_HIGH = 4;
    public static boolean allowed = true;

    private final Map<String, Integer> channels = new HashMap<>();

    public void createNotificationChannel(NotificationChannel channel) { channels.put(channel.id, channel.importance); }
    public boolean areNotificationsEnabled() { return allowed; }
    public void cancel(int id) { lantern.Heard.say("cancel " + id); }

    /** As Android 8 and later: what names no known channel is not shown. */
    public void notify(int id, Notification shown) {
        Integer importance = channels.get(shown.channel);
        if (importance == null || shown.icon == 0 || !allowed) return;
        lantern.Heard.say("notification " + id + " importance=" + importance + " " + shown.title + ": " + shown.text
            + " opens=" + (shown.opens != null) + " category=" + shown.category + " visibility=" + shown.visibility);
    }
}
