package android.location;

import android.app.PendingIntent;
import android.os.Looper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;

public class LocationManager {
    public static final String GPS_PROVIDER = "gps";
    public static final String NETWORK_PROVIDER = "network";
    public static final String FUSED_PROVIDER = "fused";

    /** What the worker allowed: "fine", "coarse" or "none". */
    public static String allowed = "fine";
    public static boolean switchedOn = true;

    private final List<LocationListener> listeners = new ArrayList<>();

    public boolean isLocationEnabled() { return switchedOn; }
    public List<String> getProviders(boolean enabledOnly) { return getAllProviders(); }
    public List<String> getAllProviders() {
        return Arrays.asList("passive", GPS_PROVIDER, NETWORK_PROVIDER, FUSED_PROVIDER);
    }

    public void requestLocationUpdates(
            String provider, long minTimeMs, float minDistanceM, LocationListener listener, Looper looper) {
        boolean needsFine = provider.equals(GPS_PROVIDER);
        if (allowed.equals("none") || (needsFine && allowed.equals("coarse"))) {
            throw new SecurityException("\"" + provider + "\" location provider requires a permission");
        }
        if (!listeners.contains(listener)) listeners.add(listener);
        lantern.Heard.say("listen " + provider + " every=" + minTimeMs + "ms " + minDistanceM + "m");
    }

    public void requestLocationUpdates(
            String provider, long minTimeMs, float minDistanceM, Executor executor, LocationListener listener) {
        throw new IllegalArgumentException("no executor was given");
    }

    public void requestLocationUpdates(String provider, long minTimeMs, float minDistanceM, LocationListener listener) {
        throw new IllegalArgumentException("the calling thread has no looper");
    }

    public void requestLocationUpdates(String provider, long minTimeMs, float minDistanceM, PendingIntent operation) {}

    public void removeUpdates(LocationListener listener) { listeners.clear(); lantern.Heard.say("hush"); }
    public void removeUpdates(PendingIntent operation) {}

    public void android11(Location location) { for (LocationListener one : listeners) one.onLocationChanged(location); }
    public void android12(Location location) {
        for (LocationListener one : new ArrayList<>(listeners)) one.onLocationChanged(Arrays.asList(location));
    }
    public void flush() { for (LocationListener one : listeners) one.onFlushComplete(1); }
    public void switchOff() { for (LocationListener one : listeners) one.onProviderDisabled(GPS_PROVIDER); }
}
