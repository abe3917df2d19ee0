package android.os;

public class Vibrator {
    public boolean hasVibrator() { return true; }
    public void vibrate(long milliseconds) { throw new IllegalStateException("of before API 26"); }
    public void vibrate(VibrationEffect effect) { lantern.Heard.say("vibrate " + effect.milliseconds); }
}
