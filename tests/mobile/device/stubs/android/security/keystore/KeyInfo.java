package android.security.keystore;

import java.security.spec.KeySpec;

public class KeyInfo implements KeySpec {
    private final int level;

    public KeyInfo(int level) { this.level = level; }

    public int getSecurityLevel() {
        if (android.os.Build.VERSION.SDK_INT < 31) throw new NoSuchMethodError("getSecurityLevel is of API 31");
        return level;
    }

    public boolean isInsideSecureHardware() { return level > 0; }
}
