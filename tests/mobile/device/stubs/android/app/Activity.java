package android.app;

import android.content.Context;
import android.content.Intent;
import android.view.Window;

public class Activity extends Context {
    private final Window window = new Window();
    private Intent intent = new Intent(Intent.ACTION_MAIN);

    private final android.window.OnBackInvokedDispatcher back = new android.window.OnBackInvokedDispatcher();

    public Window getWindow() { return window; }
    public android.window.OnBackInvokedDispatcher getOnBackInvokedDispatcher() { return back; }
    public boolean moveTaskToBack(boolean nonRoot) { lantern.Heard.say("to the back " + nonRoot); return true; }
    public Intent getIntent() { return intent; }
    public void setIntent(Intent intent) { this.intent = intent; }
    public void startActivity(Intent intent) {
        lantern.Heard.say("start " + intent.getAction() + " " + intent.getDataString());
    }
    public void startActivityForResult(Intent intent, int request) {
        lantern.Heard.say("ask " + intent.getAction() + " flags=" + intent.getFlags() + " request=" + request);
    }
    public void runOnUiThread(Runnable action) { action.run(); }
}
