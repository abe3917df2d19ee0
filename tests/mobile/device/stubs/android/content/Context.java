package android.content;

import android.content.pm.ApplicationInfo;

public abstract class Context {
    public static final String LOCATION_SERVICE = "location";
    public static final String NOTIFICATION_SERVICE = "notification";
    public static final String ALARM_SERVICE = "alarm";
    public static final String VIBRATOR_SERVICE = "vibrator";

    public ApplicationInfo info = new ApplicationInfo();
    public int granted = 0;

    private final Object location = new android.location.LocationManager();
    private final Object notification = new android.app.NotificationManager();
    private final Object alarm = new android.app.AlarmManager();
    private final Object vibrator = new android.os.Vibrator();

    public Object getSystemService(String name) {
        switch (name) {
            case LOCATION_SERVICE: return location;
            case NOTIFICATION_SERVICE: return notification;
            case ALARM_SERVICE: return alarm;
            case VIBRATOR_SERVICE: return vibrator;
            default: return null;
        }
    }

    public String getPackageName() { return "org.lantern.lantern"; }
    public ApplicationInfo getApplicationInfo() { return info; }
    public Context getApplicationContext() { return this; }
    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) { return new Intent(); }
}
