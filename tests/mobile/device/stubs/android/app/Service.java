package android.app;

import android.content.Context;

public abstract class Service extends Context {
    public void stopSelf() { lantern.Heard.say("service ends itself"); }
}
