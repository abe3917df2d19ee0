package android.speech.tts;

import android.content.Context;
import android.os.Bundle;
import java.util.Locale;

public class TextToSpeech {
    public static final int SUCCESS = 0;
    public static final int QUEUE_FLUSH = 0;
    public static final int LANG_AVAILABLE = 0;
    public static final int LANG_NOT_SUPPORTED = -2;
    public static OnInitListener last;

    public interface OnInitListener {
        void onInit(int status);
    }

    private boolean ready = false;
    private Locale locale = Locale.US;

    /** Android calls back later, when the engine has been bound. */
    public TextToSpeech(Context context, OnInitListener listener) {
        last = status -> { ready = status == SUCCESS; listener.onInit(status); };
        lantern.Heard.say("speech engine");
    }

    public int setLanguage(Locale locale) {
        if (!ready || locale.getLanguage().equals("xx")) return LANG_NOT_SUPPORTED;
        this.locale = locale;
        return LANG_AVAILABLE;
    }

    public int speak(CharSequence text, int queueMode, Bundle params, String utteranceId) {
        if (!ready) return -1;
        lantern.Heard.say("speak " + locale.toLanguageTag() + " " + text);
        return SUCCESS;
    }
}
