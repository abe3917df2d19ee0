package android.location;

import android.os.Bundle;
import java.util.List;

/** As API 31 and later: the list is what is called, and it has a default that calls the single one. */
public interface LocationListener {
    void onLocationChanged(Location location);

    default void onLocationChanged(List<Location> locations) {
        for (Location location : locations) onLocationChanged(location);
    }

    default void onFlushComplete(int requestCode) {}
    default void onStatusChanged(String provider, int status, Bundle extras) {}
    default void onProviderEnabled(String provider) {}
    default void onProviderDisabled(String provider) {}
}
