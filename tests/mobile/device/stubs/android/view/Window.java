package android.view;

public class Window {
    private final View decor = new View();

    public void setFlags(int flags, int mask) { lantern.Heard.say("flags " + flags + " " + mask); }
    public View getDecorView() { return decor; }
}
