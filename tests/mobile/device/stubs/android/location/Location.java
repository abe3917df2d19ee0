package android.location;

public class Location {
    private final double latitude;
    private final double longitude;
    private final float accuracy;
    private final long time;
    private final long uptimeNanos;

    public Location(double latitude, double longitude, float accuracy, long time, long uptimeNanos) {
        this.latitude = latitude;
        this.longitude = longitude;
        this.accuracy = accuracy;
        this.time = time;
        this.uptimeNanos = uptimeNanos;
    }

    public double getLatitude() { return latitude; }
    public double getLongitude() { return longitude; }
    public boolean hasAccuracy() { return accuracy > 0; }
    public float getAccuracy() { return accuracy; }
    public long getTime() { return time; }
    public long getElapsedRealtimeNanos() { return uptimeNanos; }
    public String getProvider() { return "gps"; }
}
