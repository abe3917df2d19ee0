package android.os;

public abstract class VibrationEffect {
    public static final int DEFAULT_AMPLITUDE = -1;
    public long milliseconds;

    public static VibrationEffect createOneShot(long milliseconds, int amplitude) {
        VibrationEffect effect = new VibrationEffect() {};
        effect.milliseconds = milliseconds;
        return effect;
    }
}
