package org.lantern.lantern;

import android.content.Context;
import android.content.Intent;
import org.kivy.android.PythonService;

/** As python-for-android writes it for `services = shift:...` (Service.tmpl.java). */
public class ServiceShift extends PythonService {
    public static void start(Context ctx, String pythonServiceArgument) {
        start(ctx, "", "Lantern", "Shift", pythonServiceArgument);
    }

    public static void start(Context ctx, String smallIconName, String contentTitle, String contentText, String argument) {
        lantern.Heard.say("service " + contentTitle + ": " + contentText);
    }

    public static Intent getDefaultIntent(Context ctx, String smallIconName, String contentTitle, String contentText,
                                          String pythonServiceArgument) {
        return new Intent(ctx, ServiceShift.class);
    }

    public static void stop(Context ctx) { lantern.Heard.say("service stopped"); }
}
