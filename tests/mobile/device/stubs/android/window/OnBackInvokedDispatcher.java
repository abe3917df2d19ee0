package android.window;

public class OnBackInvokedDispatcher {
    public OnBackInvokedCallback registered;

    public void registerOnBackInvokedCallback(int priority, OnBackInvokedCallback callback) {
        registered = callback;
        lantern.Heard.say("back priority=" + priority);
    }

    public void gesture() { registered.onBackInvoked(); }
}
