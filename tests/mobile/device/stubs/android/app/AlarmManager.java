package android.app;

import android.os.Handler;

public class AlarmManager {
    public static final int ELAPSED_REALTIME_WAKEUP = 2;

    public interface OnAlarmListener {
        void onAlarm();
    }

    public OnAlarmListener waiting;

    /** The form with a listener needs no permission for exact alarms; the one with a PendingIntent does. */
    public void setExact(int type, long triggerAtMillis, String tag, OnAlarmListener listener, Handler handler) {
        waiting = listener;
        lantern.Heard.say("alarm type=" + type + " at=" + triggerAtMillis + " " + tag);
    }

    public void setExact(int type, long triggerAtMillis, PendingIntent operation) {
        throw new SecurityException("needs SCHEDULE_EXACT_ALARM");
    }

    public static boolean exactAllowed = true;

    public boolean canScheduleExactAlarms() { return exactAllowed; }

    public void setExactAndAllowWhileIdle(int type, long triggerAtMillis, PendingIntent operation) {
        if (!exactAllowed) throw new SecurityException("needs SCHEDULE_EXACT_ALARM");
        lantern.Heard.say("exact while idle type=" + type + " " + operation.what);
    }

    public void setAndAllowWhileIdle(int type, long triggerAtMillis, PendingIntent operation) {
        lantern.Heard.say("about while idle type=" + type + " " + operation.what);
    }

    public void cancel(OnAlarmListener listener) { waiting = null; lantern.Heard.say("alarm cancelled"); }
    public void cancel(PendingIntent operation) { lantern.Heard.say("cancelled " + operation.what); }

    public void ring() { waiting.onAlarm(); }
}
