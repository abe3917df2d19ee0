package android.view;

import android.graphics.Insets;

public final class WindowInsets {
    public static final class Type {
        public static int systemBars() { return 519; }
        public static int displayCutout() { return 128; }
    }

    public Insets getInsets(int typeMask) {
        return typeMask == (519 | 128) ? new Insets(0, 88, 0, 48) : new Insets(0, 0, 0, 0);
    }
}
